"""
Tests of your own: a Koji hub in memory, or on a port.

The hub
-------

`FakeHub` is a Koji hub in memory. The hub begins with sample data of a real
hub, and changes as a hub does: it tags builds, makes tasks, and refuses calls
with the hub's fault codes and texts:

.. code-block:: python

    from twisted.trial.unittest import SynchronousTestCase
    from txkoji.exceptions import ActionNotAllowed, ServerOffline, TagError
    from txkoji.testing import FakeHub

    class BotTests(SynchronousTestCase):
        def test_tagging(self):
            hub = FakeHub()
            hub.add_tag('f45', packages=['zsh'])
            hub.add_build('zsh-6.0-1.fc45')
            koji = hub.connection()
            self.failureResultOf(koji.tagBuild('f45', 'zsh-6.0-1.fc45'),
                                 ActionNotAllowed)      # not logged in
            self.successResultOf(koji.login())          # as alice
            task = self.successResultOf(
                koji.tagBuild('f45', 'zsh-6.0-1.fc45'))
            hub.finish_task(task)
            [build] = self.successResultOf(koji.listTagged('f45'))
            self.assertEqual(build.nvr, 'zsh-6.0-1.fc45')
            self.assertEqual(hub.messages[-1].topic,
                             'topic://koji.task.closed')

            hub.fault('tagBuild', 1003, 'not for you')
            self.failureResultOf(koji.tagBuild('f45', 'x-1-1'), TagError)

            hub.misbehave('offline', times=1)
            self.failureResultOf(koji.getTag('f44'), ServerOffline)

Time
----

A call that need not wait is answered at once, so that ``successResultOf``
works. ``FakeHub()`` waits on Twisted's reactor, which it imports at the first
wait. Use it in programs, in ``async def test_...`` of trial's ``TestCase``,
and with pytest-twisted. ``FakeHub(clock=Clock())`` is for tests that move the
time with ``hub.clock.advance(60)``, and for plain pytest. Polling (``wait``,
``follow``, ``wait_tagged``) and ``batched()`` need turns of the reactor or the
clock. Durations and estimates use the same time: ``koji.now()``.

pytest
------

The fixtures ``fakehub`` and ``fakehub_connection`` are there wherever txkoji
is installed. The marker ``fakehub`` runs a coroutine function, and moves the
hub's clock while the test waits:

.. code-block:: python

    import pytest

    @pytest.mark.fakehub
    async def test_build(fakehub, fakehub_connection):
        koji = fakehub_connection
        fakehub.builders.start(duration=60)
        await koji.login()
        task = await koji.build(
            'git+https://src.example.test/rpms/zsh.git#1', 'f44-candidate')
        await koji.wait(task)
        assert len(await koji.listBuilds(taskID=task)) == 1

In other functions, `run` does so:

.. code-block:: python

    from txkoji.testing import run

    def test_tag(fakehub, fakehub_connection):
        assert run(fakehub_connection.getTag('f44'), fakehub).id == 33
        assert fakehub.calls == [('getTag', ('f44',), {})]

trial and unittest
------------------

Test cases that derive from `HubTestCase` have ``self.hub`` and ``self.koji``,
run coroutine functions in the same way, and get the result of a call with
``self.get(call)``:

.. code-block:: python

    from txkoji.testing import HubTestCase

    class TagTests(HubTestCase):
        async def test_tag(self):
            tag = await self.koji.getTag('f44', strict=True)
            self.assertEqual(tag.id, 33)

Making a world
--------------

``hub.add_package``, ``add_tag``, ``add_target``, ``add_user``, ``add_host``,
``add_build`` and ``add_task`` take names, and have defaults.
``FakeHub(sample=False)`` begins empty. ``FakeHub.from_hub(koji, tags=[...])``
fires with a hub that has a slice of a real one: the tags, and everything in
them. ``hub.save(path)`` writes a hub to a file, and ``FakeHub.load(path)``
reads the file.

Life
----

``hub.open_task(id)``, ``hub.finish_task(id, result)`` and ``hub.fail_task(id,
fault)`` take a task one step further. ``hub.builders.start()`` makes builders
do all steps: builds get their subtasks, logs that grow and RPMs, and are
tagged; repositories are made:

.. code-block:: python

    from twisted.internet.task import Clock

    class LifeTests(SynchronousTestCase):
        def test_build(self):
            hub = FakeHub(clock=Clock())
            hub.builders.start(duration=60, durations={'kernel': 7200})
            hub.builders.fail('bash', arch='s390x')
            koji = hub.connection()
            self.successResultOf(koji.login())
            task = self.successResultOf(koji.build(
                'git+https://src.example.test/zsh#1', 'f44-candidate'))
            waiting = koji.wait(task)
            hub.clock.pump([10] * 30)
            self.assertTrue(self.successResultOf(waiting))
            [build] = self.successResultOf(koji.listBuilds(taskID=task))
            self.assertEqual(build.state_name, 'COMPLETE')

``hub.messages`` has the hub's messages, as the plugin protonmsg sends them.
``hub.publish_to(koji.events)`` delivers them; with ``style='fedora'``, as
koji-fedoramessaging sends them.

Answers and faults
------------------

``hub.respond('getRepo', {...})`` sets an answer. A callable gets the arguments
of the call and, with a parameter ``*, caller``, the caller. A write needs a
login, unless ``anonymous=True``. A name that no hub has is an error, unless
``plugin=True``. ``hub.fault()`` sets a fault, and ``hub.misbehave()`` makes
the hub slow, offline or broken.

Sessions
--------

``login()`` logs in ``alice``, or the ``user`` of ``hub.connection()``. Tests
can expire or close the rows of ``hub.sessions``. ``kojiadmin`` may do
everything, ``releng`` may tag, ``kojira`` may make repositories, and ``bob``
has no permissions.

Versions, and methods without an answer
---------------------------------------

`FakeHub` behaves as version 1.36; with ``FakeHub(version='1.35.3')`` and older
versions, as these versions.

`FakeHub` answers all methods of a hub except the following, which have to be
taught: those of plugins other than sidetag, kiwi and runroot;
``addArchiveType``, ``addBType``, ``addExternalRPM``, ``addUserKrbPrincipal``,
``applyVolumePolicy``, ``editPermission``, ``evalPolicy``, ``getArchiveFile``,
``getBuildrootListing``, ``getImageArchive``, ``getLatestMavenArchives``,
``getMavenArchive``, ``getRPMChecksums``, ``getRPMDeps``, ``getRPMFile``,
``getWinArchive``, ``importRPM``, ``listArchiveFiles``, ``mergeScratch``,
``removeUserKrbPrincipal``, ``removeVolume``, ``renameChannel``,
``repo.getExternalRepoData``, ``repo.setExternalRepoData``, ``restartHosts``,
``saveFailedTree``, ``snapshotTagModify``; and those of builders (``host.``)
for Maven, Windows and image builds, for buildroots and for policies. Policies
are the hub's defaults. RPMs contain no files.

A hub on a port
---------------

``python -m txkoji.testing`` serves such a hub on a local port, for programs in
any language, and prints a profile for it. With ``--tls``, users get
certificates to log in with, and a password. With ``--builders``, tasks are
done. With ``--state FILE``, the state is kept between runs. Koji's own command
works with the hub::

    python -m txkoji.testing --tls --builders --state hub.json > fakehub.conf &
    cp fakehub.conf ~/.koji/config.d/
    koji -p fakehub build --scratch --wait f44-candidate zsh-9.9-1.fc44.src.rpm
"""
from txkoji.testing.case import HubTestCase
from txkoji.testing.hub import FakeHub
from txkoji.testing.running import run

__all__ = ['FakeHub', 'HubTestCase', 'run']
