# Debian's ruby-sentry-ruby. Arguments: the DSN.

require "sentry-ruby"

Sentry.init do |config|
  config.dsn = ARGV[0]
  config.release = "shop@1.2.3"
  config.environment = "e2e"
  config.background_worker_threads = 0
  config.traces_sample_rate = 1.0
end
Sentry.set_tags(flavour: "salty")
Sentry.set_user(id: "user-7", email: "ada@example.com")
Sentry.add_breadcrumb(Sentry::Breadcrumb.new(category: "cart", message: "two items in the cart", level: "info"))

def charge(cart)
  cart[:total] / cart[:count]
end

transaction = Sentry.start_transaction(name: "checkout", op: "task")
begin
  charge({ total: 1200, count: 0 })
rescue ZeroDivisionError => error
  Sentry.capture_exception(error)
end
transaction.finish
