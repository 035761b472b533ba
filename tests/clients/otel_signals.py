"""PyPI's OpenTelemetry SDK with exporters of spans and metrics. Arguments: the server's URL, the key."""

import sys

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def main():
    url, key = sys.argv[1:]
    headers = {"x-mayday-key": key}

    finished = InMemorySpanExporter()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(finished))
    with traces.get_tracer("shop").start_as_current_span("checkout"):
        with traces.get_tracer("shop").start_as_current_span("charge"):
            pass
    exporter = OTLPSpanExporter(f"{url}/v1/traces", headers=headers)
    assert exporter.export(finished.get_finished_spans()) == SpanExportResult.SUCCESS

    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader]).get_meter("shop")
    meter.create_counter("carts").add(1)
    meter.create_histogram("total").record(1200)
    exporter = OTLPMetricExporter(f"{url}/v1/metrics", headers=headers)
    assert exporter.export(reader.get_metrics_data()) == MetricExportResult.SUCCESS


main()
