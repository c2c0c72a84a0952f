"""
Import the build of a content generator.

The arguments are its metadata, as JSON, and the folder of the files that the
metadata names. Without them, the example makes both.
"""
from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from argparse import Namespace

from embedded import progress, run

from txkoji import Connection
from txkoji.exceptions import KojiException


async def load(koji: Connection, options: Namespace) -> None:
    """Import the build."""
    if options.metadata is None:
        options.folder = tempfile.mkdtemp()
        options.metadata = make_up(options.folder)
    elif options.folder is None:
        options.folder = os.path.dirname(options.metadata)
    try:
        with open(options.metadata) as file:
            metadata = json.load(file)
        paths = [os.path.join(options.folder, output['filename'])
                 for output in metadata['output']
                 if not output.get('metadata_only')]
        await koji.login()
        with progress() as bars:
            bar = bars.add_task('upload')
            build = await koji.cg_import(
                metadata, paths, progress=lambda sent, total: bars.update(
                    bar, completed=sent, total=total))
    except (KojiException, OSError, ValueError, KeyError) as error:
        sys.exit(f'The build was not imported: {error}')
    print(build.nvr, 'is', build.state_name, 'at', build.url)
    for each in await build.files():
        print(' ', each.url)


def make_up(folder: str) -> str:
    """Make a build of one image and its log; get the path of the metadata."""
    output = []
    for name, kind, data in [('disk.tar.gz', 'tar', b'an image' * 1000),
                             ('build.log', 'log', b'all is well\n')]:
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)
        output.append({
            'filename': name, 'type': kind, 'filesize': len(data),
            'checksum_type': 'sha256', 'arch': 'x86_64', 'buildroot_id': 1,
            'checksum': hashlib.sha256(data).hexdigest(),
            'extra': {'typeinfo': {'image': {}}} if kind == 'tar' else {}})
    metadata = {
        'metadata_version': 0,
        'build': {'name': 'example-image', 'version': '1', 'release': '1',
                  'source': 'git://example.test/image#0123456',
                  'start_time': 1795000000, 'end_time': 1795000300,
                  'extra': {}},
        'buildroots': [{
            'id': 1, 'host': {'os': 'rhel-9', 'arch': 'x86_64'},
            'content_generator': {'name': 'osbs', 'version': '1'},
            'container': {'type': 'docker', 'arch': 'x86_64'},
            'tools': [], 'components': []}],
        'output': output}
    path = os.path.join(folder, 'metadata.json')
    with open(path, 'w') as file:
        json.dump(metadata, file)
    return path


run(load, __doc__, user='osbs', arguments={
    'metadata': (None, 'a file of JSON (default: one is made)'),
    'folder': (None, 'the folder of the files (default: that of the'
                     ' metadata)')})
