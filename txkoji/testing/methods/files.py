"""
The hub methods about files.
"""
from __future__ import annotations

from base64 import b64decode
from typing import Any, Dict, Optional

from txkoji.testing.files import Files, checksum
from txkoji.testing.methods.base import Methods


class FileMethods(Methods):
    """Files that are uploaded."""

    _files: Files

    def uploadFile(self, path: str, name: str, size: int, md5sum: Any,
                   offset: int, data: Any, volume: Optional[str] = None
                   ) -> bool:
        contents = b64decode(data)
        kind, digest = (('md5', md5sum) if isinstance(md5sum, str)
                        else md5sum)
        whole = f'{path}/{name}'
        if offset != -1:
            if size != len(contents) or digest != checksum(kind, contents):
                return False
            self._files.write(whole, contents, volume, offset)
            return True
        # The end: what is said of it is said of the whole.
        if self._files.size(whole, volume) is None:
            self._files.write(whole, b'', volume)
        found = self._files.read(whole, volume)
        return len(found) == size and checksum(kind, found) == digest

    def checkUpload(self, path: str, name: str, verify: Optional[str] = None,
                    tail: Optional[int] = None,
                    volume: Optional[str] = None) -> Any:
        whole = f'{path}/{name}'
        size = self._files.size(whole, volume)
        if size is None:
            return None
        answer: Dict[str, Any] = {'size': size}
        if verify:
            answer['hexdigest'] = checksum(
                verify, self._files.read(whole, volume))
        return answer
