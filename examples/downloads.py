"""Downloads of several files for examples, with progress bars."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from embedded import progress
from twisted.internet.defer import Deferred, gatherResults

from txkoji.exceptions import KojiException
from txkoji.files import File


async def download(files: Sequence[File], folder: str) -> str | None:
    """
    Download files simultaneously, and print their paths.

    Each file is put into a folder of its own, since many have the same name.

    :returns: a text if files could not be downloaded, for ``sys.exit``.
    """
    with progress() as bars:
        errors = await gatherResults(
            [Deferred.fromCoroutine(_download(file, folder, bars))
             for file in files])
    for file, error in zip(files, errors):
        if error is None:
            print(os.path.join(folder, file.path))
    print(errors.count(None), 'files are in', folder)
    failed = [error for error in errors if error is not None]
    return f'{len(failed)} are missing: {failed[0]}' if failed else None


async def _download(file: File, folder: str, bars: Any
                    ) -> KojiException | None:
    path = os.path.join(folder, file.path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    bar = bars.add_task(file.name)

    def move(size: int, total: int | None) -> None:
        bars.update(bar, completed=size, total=total)

    try:
        await file.download(path, progress=move)
    except KojiException as error:
        return error
    return None
