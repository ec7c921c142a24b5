"""
The adapter of prometheus-client: what is counted, what is written, and what several processes share.
"""

import os
import subprocess
import sys
from pathlib import Path

import prometheus_client
import pytest

from covet.exceptions import ConfigurationError
from covet.metrics.prometheus import PrometheusExporter

_PROCESS = """
import sys
from covet.metrics.prometheus import PrometheusExporter

exporter = PrometheusExporter()
exporter.begin()
exporter.begin()
exporter.finish("GET", "/", 200, 0.2)
if sys.argv[1] == "close":
    exporter.close()
print(exporter.write("")[0].decode())
"""


def read_samples(exporter: PrometheusExporter) -> dict[str, float]:
    """Read what an exporter writes."""
    lines = exporter.write("")[0].decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_requests_are_counted_by_method_route_and_status() -> None:
    """And their durations by method and route, in buckets."""
    exporter = PrometheusExporter(buckets=[0.1, 1])

    for status, seconds in ((200, 0.05), (200, 0.5), (404, 5)):
        exporter.begin()
        exporter.finish("GET", "/", status, seconds)

    samples = read_samples(exporter)
    assert samples['http_requests_total{method="GET",route="/",status="200"}'] == 2
    assert samples['http_requests_total{method="GET",route="/",status="404"}'] == 1
    buckets = [
        samples[f'http_request_duration_seconds_bucket{{le="{le}",method="GET",route="/"}}']
        for le in ("0.1", "1.0", "+Inf")
    ]
    assert buckets == [1, 2, 3]
    assert samples["http_requests_in_progress"] == 0


def test_what_is_under_way_is_a_gauge() -> None:
    """It goes up and down."""
    exporter = PrometheusExporter()

    exporter.begin()
    exporter.begin()
    exporter.finish("GET", "/", 200, 0.1)

    assert read_samples(exporter)["http_requests_in_progress"] == 1


def test_applications_do_not_share_their_numbers() -> None:
    """Each has a registry of its own."""
    one, other = PrometheusExporter(), PrometheusExporter()

    one.begin()

    assert read_samples(other)["http_requests_in_progress"] == 0


def test_a_registry_may_be_given() -> None:
    """It has the metrics of requests and those that it had, and none of the process."""
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.Counter("orders", "Orders.", registry=registry).inc(3)

    samples = read_samples(PrometheusExporter(registry))

    assert samples["orders_total"] == 3
    assert "python_info" not in str(samples)


def test_a_registry_of_its_own_knows_the_process() -> None:
    """And the interpreter."""
    assert any(name.startswith("python_info") for name in read_samples(PrometheusExporter()))


def test_the_form_is_negotiated() -> None:
    """OpenMetrics for who accepts it, the older text for everybody else."""
    exporter = PrometheusExporter()

    assert exporter.write("*/*")[1].startswith("text/plain")
    content, media_type = exporter.write("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text; version=1.0.0")
    assert content.endswith(b"# EOF\n")


def test_what_cannot_be_made_says_so() -> None:
    """Buckets that do not ascend, and a registry that is somebody else's already."""
    with pytest.raises(ConfigurationError, match=r"Buckets not in sorted order.*\n  Write buckets that ascend"):
        PrometheusExporter(buckets=[1, 0.1])

    registry = prometheus_client.CollectorRegistry()
    PrometheusExporter(registry)
    with pytest.raises(ConfigurationError, match=r"Duplicated timeseries.*(\n.*)*a registry of its own"):
        PrometheusExporter(registry)


@pytest.mark.parametrize(("first", "under_way"), [("stay", 2), ("close", 1)])
def test_processes_may_share_a_folder(first: str, under_way: float, tmp_path: Path) -> None:
    """Whichever worker is asked, the numbers are those of all; what was under way in one that stopped is not."""
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    texts = [
        subprocess.run(
            [sys.executable, "-c", _PROCESS, how], env=environment, check=True, capture_output=True, text=True
        ).stdout
        for how in (first, "stay")
    ]

    assert 'http_requests_total{method="GET",route="/",status="200"} 2.0' in texts[1]
    # Of a process that has gone without a word, nobody knows.
    assert f"http_requests_in_progress {float(under_way)}" in texts[1]
