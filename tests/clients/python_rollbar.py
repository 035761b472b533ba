"""PyPI's rollbar. Arguments: the endpoint, the access token."""

import sys

import rollbar

USER = {"id": "user-7", "email": "ada@example.com"}


def charge(cart):
    return cart["total"] / cart["count"]


def main():
    endpoint, token = sys.argv[1:]
    rollbar.init(token, "e2e", endpoint=endpoint, code_version="1.2.3", handler="blocking")
    try:
        charge({"total": 1200, "count": 0})
    except ZeroDivisionError:
        uuid = rollbar.report_exc_info(
            level="warning", extra_data={"flavour": "salty"}, payload_data={"person": USER}
        )
        print(uuid)


main()
