r"""
Files of a hub: uploads, downloads, logs that grow, imported builds.

Uploads
-------

`Connection.upload` sends a file of any size in chunks. You have to be logged
in. The hub's checksums of each chunk and of the whole file are compared. If
the answer to a chunk is lost, the chunk is sent again, to the same offset. An
existing file is replaced only with ``overwrite=True``:

.. code-block:: python

    from io import BytesIO

    await koji.login()
    sent = await koji.upload(BytesIO(b'a source package'),
                             'cli-build/1795.kAbcDEfg', 'x-1-1.src.rpm')
    sent.size                       # 16

``koji.cg_import(metadata, paths)`` imports the build of a content generator
(`Connection.cg_import`): the build is reserved, its files are uploaded, and
the build is imported. If a step fails, the reservation is released.

Downloads
---------

``build.files()``, ``rpm.file()``, ``task.output()`` and ``repo.file()`` give
the files that the hub serves under the ``topurl`` of the profile, each a
`File`. A download needs little memory, resumes after a broken connection, and
is compared with the size and the checksum that the hub knows. The file gets
its name when all of it has arrived:

.. code-block:: python

    build = await koji.getBuild('rhceph-container-8-40', strict=True)
    files = await build.files()
    [file.name for file in files if 'logs' in file.path]
    # ['orchestrator.log']
    log = BytesIO()
    await files[-1].download(log)   # 14
    log.getvalue().decode().strip()    # It was built.

Without a topurl, `Connection.download_task_output` gets the output of tasks by
calls to the hub.

Logs that grow
--------------

`Connection.follow` iterates over the lines of a task's logs while they grow,
until the task has finished. With ``descendents=True``, the lines of its
descendents are included:

.. code-block:: python

    hub.put_out(6476, 'build.log', b'one\ntwo\n')

    async def lines(task_id):
        return [line.text async for line in koji.follow(task_id)]

    await lines(6476)               # ['one', 'two']
"""
from txkoji.files.file import File

__all__ = ['File']
