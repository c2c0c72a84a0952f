"""
Builds and tasks, and the other objects that calls give.

Builds
------

Results are `Munch <https://pypi.org/project/munch/>`_ dictionaries, lists and
plain values, as the hub sent them. Builds and tasks have further properties
and methods, which `txkoji.build.Build` and `txkoji.task.Task` describe:

.. code-block:: python

    build = await koji.getBuild('ceph-9.22.53-11.fc43', strict=True)
    build.owner_name                # releng
    build['owner_name']             # releng
    build.url
    # http://hub.example.test/koji/buildinfo?buildID=5356
    build.completed                 # 2026-11-12 14:18:03.938854+00:00
    build.duration                  # 1:39:22.246546
    [tag] = await build.tags()
    tag.name                        # f43-updates
    tag.url
    # http://hub.example.test/koji/taginfo?tagID=26

Hosts, tags, users, build targets and repositories have at least a ``url``, and
RPMs have files. A member that one hub method sends and another leaves out is
None. Times are aware datetimes in UTC:

.. code-block:: python

    [listed] = await koji.listTagged(
        'f43-updates', latest=True, package='ceph')
    listed.completed == build.completed     # True
    listed.cg_name                  # None

A build, a tag and so on is an argument of hub methods: its id is sent.

Tasks, channels and repositories
--------------------------------

A task reads its subject from its request:

.. code-block:: python

    task = await koji.getTaskInfo(6474, strict=True)
    task.package                    # nodejs22
    task.target                     # f44-candidate
    task.state_name                 # FAILED
    failed = await task.descendents(method='buildArch', state=5)
    [child.arch for child in failed]    # ['aarch64']
    [child.title for child in failed]
    # ['buildArch (nodejs22-14.0-1.fc44.src.rpm, aarch64)']
    channel = await koji.getChannel(task.channel_id or 'default', strict=True)
    channel.name                    # default
    await channel.total_capacity()  # 69.5

``task.builds()`` lists the builds of a task: those of a step of a build, and
those of a container task, which are known when the task is closed.
``repo.arch_url('x86_64')`` is the URL of a repository for dnf, and
``repo.builds()`` lists the builds in it, as of its event.

Names of users and tags
-----------------------

Tasks and messages have ids of users and tags. ``koji.cache``, a
`txkoji.cache.Cache`, keeps their names in files: ``user_name()`` and
``tag_name()`` get a name, and ``many()`` several names. Users and tags can be
renamed: a name is asked for again after a day, or after the ``cache_max_age``
seconds of the Connection. ``koji.cache.forget()`` forgets names at once.

.. code-block:: python

    await koji.cache.tag_name(33)   # f44

Versions
--------

`txkoji.nvr` takes names apart, also with epochs, of files and in URLs. A text
that is no name raises `ValueError`. ``compare()`` compares versions as rpm
does, and ``version_key`` sorts builds:

.. code-block:: python

    from txkoji.nvr import NVR, NVRA, compare

    NVR.parse('bash-1:5.2.37-1.fc44').version   # 5.2.37
    NVRA.parse('https://example.com/a/bash-5.2.37-1.fc44.src.rpm').arch
    # src
    compare('bash-5.2~rc1-1.fc44', 'bash-5.2-1.fc44')   # -1
    builds = await koji.listBuilds('ceph', state=1)
    max(builds, key=lambda build: build.version_key).nvr    # ceph-99.0-1.fc44

Images and modules
------------------

``build.image``, a `txkoji.builds.images.Image`, has the pull specifications,
the tags, the digest of the manifest list and the parents of a container build.
The digests of its architectures are in its archives. ``build.module``, a
`txkoji.builds.modules.Module`, has the name, the stream, the version and the
context of a module:

.. code-block:: python

    container = await koji.getBuild('rhceph-container-8-40', strict=True)
    image = container.image
    image and image.floating_tags   # ('latest', '8')
    archives = await container.archives()
    [archive.image.arch for archive in archives if archive.image]
    # ['x86_64']

Signatures
----------

``build.signatures()`` asks for the keys of all RPMs at once. The hub does not
know whether signed copies exist: ``build.signed_copies(key)`` asks the file
server. ``build.write_signed_copies(key)`` lets the hub write them:

.. code-block:: python

    async def sign(build, key):
        found = await build.signatures()
        if key in found.keys and not (await build.signed_copies(key)).complete:
            await build.write_signed_copies(key, progress=print)
"""
