"""
Calls, batches and streams.

One call
--------

Hub methods are attributes of a `Connection`, with the hub's names and
parameters. `txkoji.methods.DeferredMethods` lists them, and so does the
command ``koji list-api``. A call returns a
`Deferred <twisted.internet.defer.Deferred>`. Use the Deferred with ``await``,
with ``yield`` in ``inlineCallbacks``, or with callbacks, and cancel it to end
the request:

.. code-block:: python

    tag = await koji.getTag('f44-build', strict=True)
    tag.arches                      # x86_64 aarch64 ppc64le s390x
    await koji.getTag('no-such')    # None
    await koji.call('getTag', 40) == tag    # True

Editors and type checkers know the hub methods: names, parameters, results, and
the members of rows. ``strict=True`` makes a ``Tag`` of a ``Tag | None``. In a
shell, ``dir(koji)`` lists the methods and ``help(koji.getTag)`` describes one.

Nothing is checked before a call is sent, since hubs differ: `Connection.call`
reaches any method, and ``tag['member']`` any member. A fault about a name, or
about arguments, has a hint:

.. code-block:: python

    from txkoji.exceptions import KojiException

    try:
        await koji.call('getTga', 'f44')
    except KojiException as error:
        hint = error.hint

    hint                            # did you mean getTag?

``python -m txkoji.methods --compare PROFILE`` lists the differences between a
hub and the descriptions.

Options of calls
----------------

`Connection.with_options` gives a view of a Connection with other options. An
attempt takes at most ``timeout`` seconds, connecting at most 30, and a call
with all attempts at most ``deadline`` seconds:

.. code-block:: python

    quick = koji.with_options(timeout=10, deadline=30)
    tag = await quick.getTag('f44', strict=True)
    await koji.hub_version()        # 1.36.0

Calls side by side
------------------

Simultaneous calls run side by side. At most 20 requests of a Connection are
under way (``max_connections``); further requests are queued:

.. code-block:: python

    from twisted.internet.defer import gatherResults

    users = await gatherResults(
        [koji.getUser(name, strict=True) for name in ['alice', 'bob']])
    [user.id for user in users]     # [2, 3]

Many calls in one request
-------------------------

A hub is much faster with many calls in one request. On the view that
`Connection.batched` gives, reads of the same turn of the reactor share
requests of up to a hundred calls. Each caller gets its own result or its own
error:

.. code-block:: python

    batched = koji.batched()
    tags = await gatherResults(
        [batched.getTag(number) for number in range(1, 51)])
    len(tags)                       # 50

A `MultiCall <Connection.MultiCall>` collects calls, also writes, until it is
called itself:

.. code-block:: python

    many = koji.MultiCall()
    build = many.getBuild('ceph-9.22.53-11.fc43', strict=True)
    many.getTag('no-such', strict=True)
    results = await many()
    len(results)                    # 2
    build.result.owner_name         # releng
    [str(fault) for fault in results.faults]
    # ["No such tagInfo: 'no-such'"]

Iterating over the results raises the error of a failed call when the iteration
reaches the call.

Long lists
----------

`Connection.iterate` gives the items of a list while it arrives, so that a list
of any length needs little memory. `Connection.pages` requests one page at a
time. An item that stays in the list is in exactly one page, also if other
items come or go:

.. code-block:: python

    async def names(tag):
        return [build.name async for build in koji.iterate('listTagged', tag)]

    async def count():
        return [len(tags) async for tags in
                koji.with_options(page_size=50).pages('listTags')]

    len(await names('f44-updates-testing'))     # 30
    await count()                   # [50, 22]

``with_options(progress=...)`` reports the progress to a function. Functions
with ``inlineCallbacks`` call ``next_item()``, which fails with
`StopAsyncIteration` after the last item.
"""
