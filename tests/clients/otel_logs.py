"""PyPI's OpenTelemetry SDK with an exporter of logs. Arguments: the endpoint, the key."""

import sys
import time
import traceback

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource


def charge(cart):
    return cart["total"] / cart["count"]


def main():
    endpoint, key = sys.argv[1:]
    resource = Resource.create(
        {"service.name": "shop", "service.version": "1.2.3", "deployment.environment.name": "e2e"}
    )
    provider = LoggerProvider(resource=resource)
    exporter = OTLPLogExporter(endpoint, headers={"x-mayday-key": key}, compression=Compression.Gzip)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("shop")
    try:
        charge({"total": 1200, "count": 0})
    except ZeroDivisionError as error:
        logger.emit(
            LogRecord(
                timestamp=time.time_ns(),
                severity_number=SeverityNumber.ERROR,
                severity_text="ERROR",
                body="cart 17 cannot be paid",
                attributes={
                    "exception.type": type(error).__name__,
                    "exception.message": str(error),
                    "exception.stacktrace": traceback.format_exc(),
                    "flavour": "salty",
                },
            )
        )
    logger.emit(LogRecord(timestamp=time.time_ns(), severity_number=SeverityNumber.INFO, body="all is well"))
    provider.shutdown()


main()
