"""
Programs on asyncio's loop, with threads, and under twistd.

asyncio
-------

Install asyncio's reactor before anything else of Twisted, and Twisted runs on
asyncio's loop. `asFuture <twisted.internet.defer.Deferred.asFuture>` and
`fromFuture <twisted.internet.defer.Deferred.fromFuture>` convert between
Deferreds and futures:

.. code-block:: python
    :name: on_asyncio.py

    import asyncio

    from twisted.internet import asyncioreactor
    asyncioreactor.install()

    from twisted.internet.defer import Deferred
    from twisted.internet.task import react
    from txkoji import Connection

    async def ask(koji):
        # A coroutine of asyncio: it awaits futures, tasks, aiohttp ...
        loop = asyncio.get_running_loop()
        tags = await asyncio.gather(*(
            koji.getTag(name).asFuture(loop) for name in ['f43', 'f44']))
        await asyncio.sleep(0.01)
        return tags

    async def main(reactor):
        koji = Connection('mykoji')
        for tag in await Deferred.fromFuture(asyncio.ensure_future(ask(koji))):
            print(tag.name, 'is', tag.id)
        await koji.close()

    react(lambda reactor: Deferred.fromCoroutine(main(reactor)))

Without asyncio's reactor, as under a plain ``asyncio.run()``, a call fails at
once, and its error says how to begin the program.

Threads
-------

In a program with threads, the reactor runs in one thread, and the others call
into it by `blockingCallFromThread
<twisted.internet.threads.blockingCallFromThread>`. A thread blocks until its
own call has ended:

.. code-block:: python
    :name: in_threads.py

    from concurrent.futures import ThreadPoolExecutor
    from threading import Thread

    from twisted.internet import reactor
    from twisted.internet.threads import blockingCallFromThread
    from txkoji import Connection

    thread = Thread(target=reactor.run,
                    kwargs={'installSignalHandlers': False})
    thread.start()
    koji = Connection('mykoji')

    def ask(name):
        return blockingCallFromThread(reactor, koji.getTag, name)

    with ThreadPoolExecutor() as pool:
        for tag in pool.map(ask, ['f43', 'f44']):
            print(tag.name, 'is', tag.id)

    blockingCallFromThread(reactor, koji.close)
    reactor.callFromThread(reactor.stop)
    thread.join()

``examples/with_crochet.py`` does the same with crochet.
``examples/klein_page.py`` serves pages with klein, in the reactor's own
thread.

twistd
------

``twistd`` makes a daemon of a file, and stops its services at the end. Run
``twistd -noy under_twistd.py``, or without the ``n`` and ``o`` in the
background:

.. code-block:: python
    :name: under_twistd.py

    from twisted.application.internet import TimerService
    from twisted.application.service import Application
    from twisted.internet.defer import maybeDeferred
    from twisted.logger import Logger
    from txkoji import Connection
    from txkoji.exceptions import KojiException

    # Counts the open tasks every minute, also after an error.
    class OpenTasks(TimerService):
        log = Logger()

        def __init__(self, profile, seconds):
            self.koji = Connection(profile)
            super().__init__(seconds, self.count)

        async def count(self):
            try:
                tasks = await self.koji.listTasks(opts={'state': [1]})
                self.log.info('{count} tasks are open', count=len(tasks))
            except KojiException as error:
                self.log.error('no count: {error}', error=str(error))

        async def stop(self):
            await super().stopService()
            await self.koji.close()

        def stopService(self):
            return maybeDeferred(self.stop)

    application = Application('open-tasks')
    OpenTasks('mykoji', 60).setServiceParent(application)

`Daemons <txkoji.manual.daemons>` has the outages, the log and the statistics.
"""
