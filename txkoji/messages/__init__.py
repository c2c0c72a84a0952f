"""
Events of a hub, as objects: from a message bus, or by polling.

Events
------

Koji hubs send messages about builds, tasks and tags to a message bus.
``koji.events``, an `Events <txkoji.messages.dispatcher.Events>`, passes them
to subscribers, as objects with the same builds and tasks that calls give. The
message here is made by hand:

.. code-block:: python

    from txkoji.messages import TagUntag

    build = await koji.getBuild('ceph-9.22.53-11.fc43', strict=True)
    heard: list[TagUntag] = []
    subscription = koji.events.subscribe(heard.append, kind='Tag',
                                         package='ceph')
    await koji.events.feed((
        {'type': 'Tag', 'tag': 'f44', 'user': 'alice'},
        {'build': dict(build), 'tag': {'id': 33, 'name': 'f44'}}))    # True
    [event] = heard
    event.tag                       # f44
    await event.user()              # alice
    event.build.url
    # http://hub.example.test/koji/buildinfo?buildID=5356

A subscriber selects kinds of events, and values of members of the event, its
build or its task. `txkoji.messages.subscription` lists the members. Any other
name raises `ValueError`, whose text suggests the nearest one:

.. code-block:: python

    try:
        koji.events.subscribe(heard.append, kind='Tag', pakcage='ceph')
    except ValueError as error:
        mistake = str(error)
    mistake.split(', of: ')[0]
    # 'pakcage' of TagUntag cannot be matched; the nearest is 'package'

Messages of other programs on the same bus are plain `Message` objects.

Listening
---------

A daemon listens to a broker, with ``pip install 'txkoji[amqp]'``::

    koji.events.listen_amqp('amqps://bot:secret@broker.example.com/', 'bot')

or with ``pip install 'txkoji[fedora-messaging]'`` and
``listen_fedora_messaging()``. The listener connects again after a lost
connection, and acknowledges a message when all subscribers have finished with
the message. Messages are delivered at least once, in any order. Known
duplicates are dropped. `Connection.wait` looks at a task at once when a
message reports a change of the task.

The hub sends a message after the call that caused the event. A message may
come late, more than once, out of order, or not at all.

Catching up
-----------

With ``catch_up=True`` a listener asks the hub, whenever the broker begins to
deliver, for what has happened since the last message. It is handed on before
the messages that follow. With ``state='bot.state'`` it also asks for what has
happened since the last run of the program. Some events are handed on twice:
those that are in progress, or wait, while the hub is asked, and those whose
message comes late or again::

    koji.events.listen_amqp('amqps://bot:secret@broker.example.com/',
                            catch_up=True, state='bot.state')

Polling
-------

Most hubs have no broker that everybody may use. `Events.poll
<txkoji.messages.dispatcher.Events.poll>` asks the hub itself, and calls the
same subscribers with the same objects. `txkoji.messages.polling` says what a
poll cannot see:

.. code-block:: python

    poller = await koji.events.poll(interval=60, tags=['f44-build'])
    stream = koji.events.stream('Tag')
    hub.history.tag_build(40, 5356)
    hub.clock.advance(60)
    event = await stream.next_item()
    event.tag, event.build.nvr      # ('f44-build', 'ceph-9.22.53-11.fc43')
    stream.stop()
    await poller.stop()

Events are handed on at least once, those of a build or task in order. With
``state='bot.state'`` the file notes what was handed on, so that nothing that
happens during a restart is missed.

A loop
------

A loop reads events one after the other:

.. code-block:: python

    async with koji.events.stream('BuildStateChange') as stream:
        fed = koji.events.feed((
            {'type': 'BuildStateChange'},
            {'attribute': 'state', 'old': 'BUILDING', 'new': 'COMPLETE',
             'info': dict(build)}))
        async for event in stream:
            break
    event.new                       # COMPLETE

An event is handled when the loop asks for the next one, or ends. Only then a
broker forgets it, so that a slow loop is not flooded. An event whose loop
fails is not handled, if the loop is in ``async with`` as here. Without
``async with``, nobody can tell that the loop has failed.

A broker delivers an event that was not handled again at once. It then goes to
the subscribers that are left. An event that has no subscriber counts as
handled. Close the connection to keep it.

One message
-----------

`parse` reads a message of stompest, stomp.py, qpid-proton, pika or
fedora-messaging, or a pair of properties and body:

.. code-block:: python

    from txkoji import messages

    event = messages.parse(
        ({'type': 'BuildStateChange'},
         {'attribute': 'state', 'old': 'BUILDING', 'new': 'COMPLETE',
          'info': dict(build)}), koji)
    event.kind, event.old, event.new
    # ('BuildStateChange', 'BUILDING', 'COMPLETE')
    event.package                   # ceph

Koji's hub sends messages with its plugin for AMQP 1.0
(plugins/hub/protonmsg.py), with koji-fedoramessaging, or with older plugins.
An event has the same class and the same members for all of these plugins.
"""
from txkoji.messages.builds import (
    BuildPromote,
    BuildStateChange,
    Import,
    RPMSign,
)
from txkoji.messages.kinds import kind_of
from txkoji.messages.message import KINDS, Message
from txkoji.messages.parse import parse
from txkoji.messages.repositories import RepoDone, RepoInit
from txkoji.messages.tags import PackageListChange, TagUntag
from txkoji.messages.tasks import TaskStateChange

__all__ = [
    'BuildPromote', 'BuildStateChange', 'Import', 'KINDS', 'Message',
    'PackageListChange', 'RPMSign', 'RepoDone', 'RepoInit', 'TagUntag',
    'TaskStateChange', 'kind_of', 'parse']
