"""Read the header of a GGUF file: metadata, and the name, shape and type of every tensor.

The `gguf` package has a reader too, which takes 10 s for a vocabulary of 262,144 tokens; this one takes 1. Layout:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import math
import mmap
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"GGUF"
VERSIONS = 2, 3
STRING, ARRAY = 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""struct's letter for each type of a metadata value."""
ALIGNMENT = 32
"""Bytes, where `general.alignment` does not say."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of the file."""

    shape: tuple[int, ...]
    """As torch has it: rows first."""
    kind: int
    """`gguf.GGMLQuantizationType`."""
    offset: int
    """Bytes from the beginning of the data."""


@dataclass(frozen=True)
class Header:
    """What a GGUF file says of itself."""

    path: Path
    metadata: dict[str, Any]
    tensors: dict[str, Tensor]
    data_start: int
    """Bytes before the data of the tensors."""

    @property
    def architecture(self) -> str:
        """Its architecture, by llama.cpp's name; empty if it does not say."""
        return str(self.metadata.get("general.architecture", ""))

    def of_model(self, key: str) -> Any:
        """Return a value under the architecture's own prefix, or None."""
        return self.metadata.get(f"{self.architecture}.{key}")

    def floats(self, name: str) -> np.ndarray:
        """Return the values of a tensor that is stored in float32."""
        tensor = self.tensors[name]
        start = self.data_start + tensor.offset
        return np.fromfile(self.path, dtype="<f4", count=math.prod(tensor.shape), offset=start).reshape(tensor.shape)


class _Cursor:
    """Reads little-endian values in a row."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.place = 0

    def take(self, letters: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{letters}", self.data, self.place)
        self.place += struct.calcsize(f"<{letters}")
        return values

    def string(self) -> str:
        (length,) = self.take("Q")
        end = self.place + length
        if end > len(self.data):
            raise EOFError
        text = self.data[self.place : end].decode("utf-8")
        self.place = end
        return text

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind != ARRAY:
            return self.take(SCALARS[kind])[0]
        inner, count = self.take("IQ")
        if inner in SCALARS:
            return list(self.take(f"{count}{SCALARS[inner]}"))
        return [self.value(inner) for _ in range(count)]


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file, and compare the file's size with it.

    Raises:
        ValueError: there is no such file, it is no GGUF file, is cut, is one part of several, or holds no model; or
            the package `gguf` is missing. Names the file and the remedy.
    """
    if find_spec("gguf") is None:
        raise ValueError(f"{path}: reading GGUF needs the package gguf; install it with `pip install gguf`")
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; give the path of a GGUF file")
    with path.open("rb") as stream:
        start = stream.read(8)
        if start[:4] != MAGIC or len(start) < 8:
            raise ValueError(f"{path}: not a GGUF file, which begins with the letters GGUF; download it again")
        (version,) = struct.unpack("<I", start[4:])
        if version not in VERSIONS:
            raise ValueError(
                f"{path}: version {version} of GGUF is not read, but 2 and 3, little-endian; convert the model again"
            )
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                header, end = _header(path, data)
            except (struct.error, EOFError, UnicodeDecodeError, KeyError, MemoryError) as error:
                raise ValueError(f"{path}: cut or damaged in its metadata ({error!r}); download it again") from None
            if end > len(data):
                raise ValueError(
                    f"{path}: cut in its tensors: it has {len(data)} bytes and needs {end}; download it again"
                )
    _require_one_model(header)
    return header


def _header(path: Path, data: mmap.mmap) -> tuple[Header, int]:
    """Return the header, and the place where the last tensor ends."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    cursor = _Cursor(data)
    cursor.place = 8
    num_tensors, num_values = cursor.take("QQ")
    metadata = {}
    for _ in range(num_values):
        key = cursor.string()
        (kind,) = cursor.take("I")
        metadata[key] = cursor.value(kind)
    tensors, ends = {}, [0]
    for _ in range(num_tensors):
        name = cursor.string()
        (num_dimensions,) = cursor.take("I")
        dimensions = cursor.take(f"{num_dimensions}Q")
        kind, offset = cursor.take("IQ")
        if kind not in list(GGMLQuantizationType):
            raise ValueError(f"{path}: {name} is of type {kind}, which package gguf does not know; update it")
        per_block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        tensors[name] = Tensor(tuple(reversed(dimensions)), kind, offset)
        ends.append(offset + math.prod(dimensions) // per_block * block_bytes)
    alignment = metadata.get("general.alignment", ALIGNMENT)
    begin = -(-cursor.place // alignment) * alignment
    return Header(path, metadata, tensors, begin), begin + max(ends)


def _require_one_model(header: Header) -> None:
    kind = header.metadata.get("general.type", "model")
    if kind != "model":
        raise ValueError(f"{header.path}: holds a {kind}, not a model (general.type); take the model's own file")
    parts = header.metadata.get("split.count", 1)
    if parts > 1:
        raise ValueError(
            f"{header.path}: is one of {parts} parts; join them with `llama-gguf-split --merge <first part> <file>`"
        )
    if not header.architecture:
        raise ValueError(f"{header.path}: does not say its architecture (general.architecture); convert it again")
    if not header.tensors:
        raise ValueError(f"{header.path}: holds no tensors, only a vocabulary; take the model's own file")


def kinds(header: Header) -> dict[str, int]:
    """Return the number of tensors of each type, most frequent first.

    Raises:
        ValueError: package gguf cannot dequantise a type; names it.
    """
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize

    counts: dict[str, int] = {}
    for name, tensor in header.tensors.items():
        kind = GGMLQuantizationType(tensor.kind)
        if kind.name not in counts:
            try:
                dequantize(np.zeros((1, GGML_QUANT_SIZES[kind][1]), dtype=np.uint8), kind)
            except NotImplementedError:
                raise ValueError(
                    f"{header.path}: {name} is quantised as {kind.name}, which package gguf cannot read; take a file "
                    f"of another kind, such as Q8_0 or Q4_K_M"
                ) from None
        counts[kind.name] = counts.get(kind.name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
