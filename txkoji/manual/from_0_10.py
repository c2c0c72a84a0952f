"""
Coming from 0.10: the differences from txkoji 0.10.

A program for txkoji 0.10 keeps its imports and its calls. The names of 0.10
have the same meaning here, with the following differences. CHANGELOG.rst lists
the new features, and has a table from old to new lines.

Times and estimates
-------------------

* Times are aware, in UTC. In place of ``datetime.utcnow()``, subtract
  ``koji.now()`` or ``datetime.now(timezone.utc)``.
* An estimate is never in the past ("exceeds by ..."): overdue work gives the
  current time. See ``task.duration`` and ``await task.estimate_duration()``.
* An estimate is None if nothing is known. 0.10 raised TypeError or
  NotImplementedError. Check for None.

Builds, tasks and channels
--------------------------

* ``Build.started`` and ``Build.completed`` have values for builds of
  ``listTagged``, too.
* A member that a hub method leaves out is None. Compare with ``is None``.
* ``Task.channel`` is a Channel that knows its id, as it was in 0.10.0: ``await
  task.channel.total_capacity()``. The name of the channel takes a call:
  ``(await koji.getChannel(task.channel_id)).name``. Without a channel,
  ``Task.channel`` is None.
* ``total_capacity()`` counts the hosts that are enabled, ready and not silent.
  ``channel.hosts()`` lists all hosts.
* ``Task.is_scratch`` may be None, if only the parent of the task knows:
  ``await task.find_scratch()``.
* ``Task.arch`` is the architecture of the request. The scheduler's is
  ``task['arch']``.
* ``getTaskDescendents`` gives all depths as one flat list. The first depth is
  ``koji.getTaskChildren(id)``.
* ``descendents(state=task_states.FREE)`` filters. In 0.10 it did not.
* ``gitbuildhash`` is in lower case, and None for Subversion and CVS.

Errors and links
----------------

* An error of the hub has a ``faultCode``. An HTTP error is a `TransportError`.
* `KojiLoginException` is a `KojiException`: catch it first.
* ``from_web`` gives None for a link without a query.

As before
---------

``txkoji.__version__``; ``to_str(999)`` ("(unknown state 999)");
``Build.fromDict(None)`` (None); and the ValueError of ``task.package`` for a
source that cannot be read.
"""
