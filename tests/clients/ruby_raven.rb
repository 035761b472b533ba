# Debian's ruby-sentry-raven, which speaks the protocol of 2018. Arguments: the DSN.

require "raven"

Raven.configure do |config|
  config.dsn = ARGV[0]
  config.release = "shop@1.2.3"
  config.current_environment = "e2e"
end
Raven.tags_context(flavour: "salty")
Raven.user_context(id: "user-7", email: "ada@example.com")
Raven.breadcrumbs.record do |crumb|
  crumb.category = "cart"
  crumb.message = "two items in the cart"
  crumb.level = "info"
end

def charge(cart)
  cart[:total] / cart[:count]
end

begin
  charge({ total: 1200, count: 0 })
rescue ZeroDivisionError => error
  Raven.capture_exception(error)
end
