"""PyPI's bugsnag. Arguments: the server's URL, the key."""

import sys

import bugsnag

USER = {"id": "user-7", "email": "ada@example.com"}


def charge(cart):
    return cart["total"] / cart["count"]


def main():
    url, key = sys.argv[1:]
    bugsnag.configure(
        api_key=key,
        app_version="1.2.3",
        release_stage="e2e",
        endpoint=f"{url}/notify",
        session_endpoint=f"{url}/sessions",
        asynchronous=False,
        auto_capture_sessions=False,
    )
    bugsnag.leave_breadcrumb("two items in the cart")
    bugsnag.start_session()
    try:
        charge({"total": 1200, "count": 0})
    except ZeroDivisionError as error:
        bugsnag.notify(error, user=USER, metadata={"shop": {"flavour": "salty"}})
    bugsnag.legacy.default_client.session_tracker.send_sessions(asynchronous=False)


main()
