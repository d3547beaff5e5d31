from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kernels import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@pytest.fixture(scope="module")
def kernel(kernel_environment: Mapping[str, str]) -> Iterator[Kernel]:
    """Return a kernel of the module's own, in which nothing has run."""
    with Kernel(kernel_environment) as started:
        yield started


@pytest.fixture(scope="module")
def spark_kernel(kernel: Kernel) -> Kernel:
    """Return the module's kernel with a Spark session in ``spark``."""
    made = kernel.run(
        "from streamlink_magic.adapters.spark.create import create_session\n"
        "spark = create_session(memory='1g', cores='2')"
    )
    assert made.status == "ok", made.traceback
    return kernel
