"""
Waiting for changes on a hub, and estimates of the time.

Tasks and builds
----------------

`Connection.wait` fires when tasks have finished, also if they failed.
``task.get_result()`` fails if the task failed:

.. code-block:: python

    from txkoji.exceptions import TaskFailed

    waiting = koji.wait([6474, 6475])
    [task.state_name for task in await waiting]     # ['FAILED', 'CLOSED']
    task = await koji.getTaskInfo(6474, strict=True)
    try:
        await task.get_result()
    except TaskFailed as error:
        reason = error.__cause__
    type(reason)                    # <class 'txkoji.exceptions.BuildError'>

One call every few seconds (``poll_interval`` of the profile) asks for all
tasks that a Connection waits for. If the Connection listens to a message bus
(`txkoji.messages`), a task is also looked at when a message reports a change.
`Connection.watch` iterates over the state changes of a task and its
descendents.

Tags and repositories
---------------------

`Connection.wait_tagged` waits for builds in a tag, with ``inherit=True`` also
for inherited builds. `Connection.wait_repo` waits for a repository with
certain builds, as Koji's own ``wait-repo``. If you are logged in to a hub of
version 1.35 or later, the method requests the repository:

.. code-block:: python

    async def build_with(nvr):
        await koji.wait_repo('f44-build', [nvr], timeout=7200)
        return await koji.build('git+https://src.example.test/zsh#1f0c', 'f44')

Estimates
---------

``estimate_completion()`` of a task or a build estimates when it will end. An
open task takes as long as similar tasks did on average. For a queued task, the
queue of its channel is played forward, with all tasks ahead and each host's
open tasks. None means unknown. A time that has passed is reported as now:

.. code-block:: python

    queued = await koji.getTaskInfo(6480, strict=True)
    queued.state_name               # FREE
    await queued.estimate_duration()        # 0:18:51.210774
    when = await queued.estimate_completion()
    when is not None and when > koji.now()      # True

``koji.estimate()`` estimates many tasks and builds from one look at the queue,
and tells how sure that is. Eight of ten tasks should end between ``earliest``
and ``latest``, which are None if too few builds are known. The scatter is that
of earlier builds, and the queue is played forward many times:

.. code-block:: python

    [end] = await koji.estimate([queued])
    assert end and end.earliest and end.latest
    end.why.split('; ')[0]      # 11 builds of nodejs22 took 5 to 23 min
    end.earliest <= end.when <= end.latest      # True

`txkoji.estimates` has the average durations of packages.

The modules of this package
---------------------------

`tasks` and `finished` wait for tasks and builds, `changes` watches a task,
`tags` and `repositories` wait for those, and `polling` has the loop.
"""
