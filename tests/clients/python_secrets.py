"""PyPI's sentry-sdk in a program that has secrets at hand when it fails. Arguments: the DSN."""

import sys

import sentry_sdk

CARD = "4111 1111 1111 1111"


def pay(password, card):
    token = "tok_" + "9f8e7d6c5b4a"
    raise ValueError(f"the bank refuses card {card}") from None


def main():
    sentry_sdk.init(dsn=sys.argv[1], release="shop@1.2.3", environment="e2e", send_default_pii=True)
    sentry_sdk.set_user({"id": "user-7", "ip_address": "203.0.113.77"})
    sentry_sdk.set_context("bank", {"iban": "DE89 3704 0044 0532 0130 00", "api_key": "key-" + "5566778899"})
    sentry_sdk.add_breadcrumb(category="http", message="GET https://ada:open-sesame@bank.example/pay")
    try:
        pay("correct" + " horse", CARD)
    except ValueError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.flush()


main()
