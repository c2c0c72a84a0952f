"""
Nonsense for all that is read of strangers.

These are answers of hubs, configuration files, messages and links. With
atheris (``pip install atheris``), run ``python -m tests.fuzz decoder``.
"""
from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.recordings import files, recordings
from txkoji import Connection, Profile
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    KojiException,
    MessageError,
)
from txkoji.files.places import read_path
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import ExpatDecoder
from txkoji.hub.codec.xmlrpc import decode_call, encode_answer
from txkoji.hub.profile import read_profile
from txkoji.links import links_in
from txkoji.messages import parse
from txkoji.nvr import NVR, NVRA
from txkoji.web import path_below, path_of_file, read_link, read_page

KOJI = Connection(Profile('fuzz', server='https://koji.example.com/kojihub',
                          weburl='https://koji.example.com/koji',
                          topurl='https://koji.example.com/files'))


def outcome(new: Callable[[], Any], data: bytes, size: int) -> Any:
    """The value, or that it is refused, or is a fault."""
    try:
        decoder = new()
        for start in range(0, len(data), size):
            decoder.feed(data[start:start + size])
        return repr(decoder.close())
    except AnswerError:
        return AnswerError
    except KojiException as fault:
        return fault.faultCode, str(fault)


def decoder(data: bytes) -> None:
    """All of our decoders say the same, however the answer is cut."""
    size = 1 + (data[0] if data else 0)
    expected = outcome(ExpatDecoder, data, len(data) + 1)
    for new in (Decoder, partial(Decoder, learn_after=3), ExpatDecoder):
        for each in (size, len(data) // 3 + 1, len(data) + 1):
            found = outcome(new, data, each)
            assert found == expected, (found, expected)
    try:
        decode_call(data)
    except AnswerError:
        pass


def profile(data: bytes) -> None:
    """A file is a profile, or an error that says what is wrong."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            read_profile('koji', [file.name])
        except ConfigurationError:
            pass


def message(data: bytes) -> None:
    """A message is read, or malformed; as a body, and in each way."""
    for given in ({'body': data, 'topic': 'koji.build.complete'},
                  {'body': data, 'properties': {'type': 'TaskStateChange'}},
                  {'body': data, 'properties': {'type': 'amqp-1.0'}},
                  {'message': data}):
        try:
            read = parse(connection=KOJI, **given)
        except MessageError:
            continue
        repr(read), read.event, getattr(read, 'url', None)


def link(data: bytes) -> None:
    """A link is read, or it is none."""
    text = data.decode('utf-8', 'surrogateescape')
    for url in (text, 'https://koji.example.com/koji/' + text):
        read_link(KOJI.weburl, url)
        path_below(text, url)
        read_path(path_of_file(KOJI.settings, url) or url)
    for found in links_in(text):
        read_page(KOJI.settings, found)
    for parse_name in (NVR.parse, NVRA.parse):
        try:
            name = parse_name(text)
        except ValueError:
            continue
        repr(name), str(name), name.version_key


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (decoder, profile, message, link)}


def samples(target: str) -> list[bytes]:
    """Good ones, to begin with."""
    if target == 'decoder':
        return [encode_answer([
            {'id': number, 'name': 'a & b', 'size': 2**40, 'ts': number / 4,
             'draft': False, 'epoch': None} for number in range(count)])
            for count in (20, 60)] + [
                each.response for each in recordings().values()
                if len(each.response) < 3000][:80]
    if target == 'profile':
        return [b'[koji]\nserver = https://koji.example.com/kojihub\n'
                b'weburl = https://koji.example.com/koji\ntimeout = 5\n'
                b'no_ssl_verify = false\nauthtype = ssl\ncert = ~/x.pem\n'
                b'; a comment\nmax_retries: 3\n']
    if target == 'message':
        lines = files()['messages/events.jsonl'].splitlines()
        return [line for line in lines if len(line) < 3000][:40]
    return [b'buildinfo?buildID=5', b'taskinfo?taskID=6474',
            b'search?terms=x&type=tag&match=glob', b'(x) <http://y|z>, w',
            b'https://koji.example.com/files/packages/a/1/2/src/a-1-2.src.rpm',
            b'vol/v/work/tasks/1/1/build.log', b'bash-1:5.2~rc1-3^x.src.rpm',
            b'https://koji.example.com/koji/taginfo?tagID=f44#x',
            b'packageinfo?packageID=bash&a=b;c=%20%ff']


def main() -> None:
    """Let atheris try."""
    import atheris
    atheris.instrument_all()
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, sample in enumerate(samples(name)):
            with open(os.path.join(folder, str(number)), 'wb') as file:
                file.write(sample)
        atheris.Setup([*sys.argv, folder], TARGETS[name])
        atheris.Fuzz()


if __name__ == '__main__':
    main()
