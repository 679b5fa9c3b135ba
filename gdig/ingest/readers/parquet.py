"""Parquet files."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gdig.config import ScoreColumn
from gdig.ingest.readers.arrow import table_rows
from gdig.ingest.readers.rows import Malformed, Row
from gdig.run.progress import Meter

BATCH = 10_000
"""Rows in memory at a time."""


def parquet(path: Path, columns: list[str], score: ScoreColumn | None, meter: Meter) -> Iterator[Row | Malformed]:
    """Yield the rows of a Parquet file; columns are names, or dotted paths into structs.

    Raises:
        ValueError: the file is damaged; a column is wrong, see `table_rows`.
    """
    wanted = [*columns, *([str(score.column)] if score else [])]
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            meter.total += file.metadata.num_rows
            tops = {name if name in file.schema_arrow.names else name.partition(".")[0] for name in wanted}
            # With a wrong column, read all columns once so that the error can list them.
            known = tops <= set(file.schema_arrow.names)
            for batch in file.iter_batches(BATCH, columns=sorted(tops) if known else None):
                meter.done += len(batch)
                yield from table_rows(batch, columns, score, str(path))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: damaged Parquet file ({error}); download it again") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError(f"{path}: damaged Parquet file ({error}); download it again") from None
