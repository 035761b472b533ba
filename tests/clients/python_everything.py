"""All else that PyPI's sentry-sdk sends besides errors, and an error that it keeps to itself. Arguments: the DSN.

Prints the id of the one event that is sent.
"""

import sys
from uuid import uuid4

import sentry_sdk
from sentry_sdk.envelope import Envelope, Item, PayloadRef


def before_send(event, _hint):
    return None if event.get("message") == "nobody needs to know" else event


def say(event_id):
    """As the framework integrations do for a form that the user fills in."""
    client, envelope = sentry_sdk.get_client(), Envelope()
    report = {"event_id": event_id, "name": "Ada", "email": "ada@example.com", "comments": "It ate my cart."}
    envelope.add_item(Item(PayloadRef(json=report), type="user_report"))
    client.transport.capture_envelope(envelope)
    envelope = Envelope()
    contexts = {"feedback": {"message": "Where is my cart?", "name": "Ada", "associated_event_id": event_id}}
    feedback = {"event_id": uuid4().hex, "type": "feedback", "level": "info", "contexts": contexts}
    envelope.add_item(Item(PayloadRef(json=feedback), type="feedback"))
    client.transport.capture_envelope(envelope)


def main():
    sentry_sdk.init(
        dsn=sys.argv[1],
        release="shop@1.2.3",
        environment="e2e",
        traces_sample_rate=1.0,
        enable_logs=True,
        before_send=before_send,
    )
    scope = sentry_sdk.get_isolation_scope()
    scope.add_attachment(bytes=b"cart 17\n\x00\xff\n", filename="cart.bin", content_type="application/octet-stream")

    scope.start_session(session_mode="application")
    event_id = sentry_sdk.capture_exception(ValueError("the till is empty"))
    scope.end_session()
    for _ in range(3):
        scope.start_session(session_mode="request")
        scope.end_session()
    say(event_id)

    with sentry_sdk.start_transaction(name="checkout", op="task"):
        with sentry_sdk.start_span(op="db"):
            pass
    with sentry_sdk.monitor(monitor_slug="nightly"):
        pass
    sentry_sdk.logger.info("a line of the log")
    sentry_sdk.metrics.count("carts", 1)
    sentry_sdk.capture_message("nobody needs to know")
    sentry_sdk.flush()
    print(event_id)


main()
