"""PyPI's raven, which speaks the protocol of 2018. Arguments: the DSN."""

import sys

from raven import Client
from raven.transport.http import HTTPTransport


class CheckoutError(Exception):
    pass


def charge(cart):
    return cart["total"] / cart["count"]


def main():
    client = Client(sys.argv[1], release="shop@1.2.3", environment="e2e", transport=HTTPTransport, tags={"flavour": "salty"})
    client.user_context({"id": "user-7", "email": "ada@example.com"})
    client.context.activate()
    client.captureBreadcrumb(category="cart", message="two items in the cart", level="info")
    try:
        charge({"total": 1200, "count": 0})
    except ZeroDivisionError:
        client.captureException(extra={"cart": 17})
    client.captureMessage("the till is empty", level="warning")


main()
