"""
Tags as a whole: differences, changes, the past, and side tags.

Differences
-----------

``tag.diff()`` compares the builds of two tags, or of one tag at two events.
Both lists are read while they arrive, so that tags may have any number of
builds:

.. code-block:: python

    tag = await koji.getTag('f43-updates', strict=True)
    diff = await tag.diff('f44-updates-testing')
    package = diff.packages[2]
    package.package                 # ansible
    [build.nvr for build in package.there]    # ['ansible-16.0.53-2.fc44']

Changes
-------

`Connection.changes` lists the changes of a tag since an event, or since a
time: builds, packages, inheritance and configuration, with the user who made
them. With ``inherit=True`` the list includes the tags that the tag inherits
from.

The past
--------

`Connection.at` gives a view of the hub as it was at an event, or at a time.
The view has the reads that take an ``event``, refuses all others, and keeps
the answers:

.. code-block:: python

    hub.respond('getEvent', {'id': 13546, 'ts': 1795330198.5})
    before = koji.at(13546)
    hub.history.tag_build(40, 5356)    # 13547
    len(await before.listTagged('f44-build'))    # 0
    len(await koji.listTagged('f44-build'))    # 1

States and volumes of builds, promotions of drafts, and names are of the
present in the view, too.

Side tags
---------

`Connection.side_tag` makes a side tag for a while, on hubs that have the
plugin. The ``async with`` waits for the repository of the tag, and removes the
tag at the end, also after an error or a cancellation:

.. code-block:: python

    async def build_aside(source):
        async with koji.side_tag('f44-build') as tag:
            submission = await koji.submit_build(source, tag.name)
            return await submission.done()

`Connection.side_tags` lists, creates, edits and removes them.

The modules of this package
---------------------------

`diff` compares two tags, `changes` reads the history of a tag, and `side_tags`
makes tags for a while.
"""
