"""PyPI's sentry-sdk in a program that reports an error for each line it reads, and prints the line once it has tried.

Arguments: the DSN.
"""

import sys

import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1], release="shop@1.2.3", environment="e2e")
for line in sys.stdin:
    error = line.strip()
    sentry_sdk.capture_message(error, level="error")
    sentry_sdk.flush()
    print(error, flush=True)
