"""PyPI's sentry-sdk in a program whose threads die of an exception.

Arguments: the DSN, how many threads, optionally more options of the SDK as JSON.
"""

import json
import sys
import threading

import sentry_sdk


class CheckoutError(Exception):
    pass


def charge(cart):
    return cart["total"] / cart["count"]


def checkout(cart):
    try:
        return charge(cart)
    except ZeroDivisionError as error:
        raise CheckoutError("cart 17 cannot be paid") from error


def main():
    dsn, times, *more = sys.argv[1:]
    options = json.loads(more[0]) if more else {}
    sentry_sdk.init(dsn=dsn, release="shop@1.2.3", environment="e2e", auto_session_tracking=True, **options)
    sentry_sdk.set_tag("flavour", "salty")
    sentry_sdk.set_user({"id": "user-7", "email": "ada@example.com"})
    sentry_sdk.add_breadcrumb(category="cart", message="two items in the cart", level="info")
    for _ in range(int(times)):
        thread = threading.Thread(target=checkout, args=({"total": 1200, "count": 0},))
        thread.start()
        thread.join()
        sentry_sdk.flush()


main()
