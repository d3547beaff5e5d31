"""Carrying the JSON of Spark's trees out of the JVM, in few answers and none of them large."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

import zlib
from typing import Any

from streamlink_magic.adapters.spark.complaints import calling

# An answer of py4j beyond 8 KiB, bytes as Base64, waits 40 ms for the network's delayed
# acknowledgement.
_PIECE_BYTES = 6_000
# Packing takes half a millisecond before the first byte: as long as some pieces more.
_PACKED_FROM_BYTES = 4 * _PIECE_BYTES


class JsonCarrier:
    """Fetches trees as ``TreeNode.toJSON`` writes them.

    Parameters
    ----------
    jvm
        The JVM; its classes are looked up once, since each name costs a round trip.
    """

    def __init__(self, jvm: Any) -> None:
        self._buffer = jvm.org.apache.commons.io.output.ByteArrayOutputStream
        self._deflater = jvm.java.util.zip.DeflaterOutputStream
        methods = getattr(jvm.org.json4s.jackson, "JsonMethods$")
        self._mapper = getattr(methods, "MODULE$").mapper()

    def json(self, tree: Any) -> str:
        """Return the JSON of a tree."""
        # A buffer of its own each time: what an interrupted call still writes goes nowhere.
        buffer = self._buffer()
        calling(self._mapper.writeValue, buffer, calling(tree.jsonValue))
        size = buffer.size()
        if size <= _PIECE_BYTES:
            return bytes(buffer.toByteArray()).decode()
        if size <= _PACKED_FROM_BYTES:
            return _in_pieces(buffer).decode()
        packed = self._buffer()
        stream = self._deflater(packed)
        buffer.writeTo(stream)
        stream.close()
        return zlib.decompress(_in_pieces(packed)).decode()


def _in_pieces(buffer: Any) -> bytes:
    stream = buffer.toInputStream()
    whole = bytearray()
    while len(piece := stream.readNBytes(_PIECE_BYTES)) == _PIECE_BYTES:
        whole += piece
    return bytes(whole + piece)
