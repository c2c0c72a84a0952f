"""
Count the open tasks every minute, as a service that twistd runs.

    cd examples; KOJI_PROFILE=NAME twistd -noy service.py

Without n and o it runs in the background. Or run this file with Python.
"""
import os
import sys
from argparse import Namespace

from embedded import connect, parse, plainly
from twisted.application.internet import TimerService
from twisted.application.service import Application
from twisted.internet import reactor
from twisted.logger import Logger
from twisted.scripts.twistd import run

from txkoji.exceptions import KojiException


async def count() -> None:
    """Log the number of open tasks, or an outage of the hub."""
    try:
        found = await koji.listTasks(opts={'state': [1]})
        Logger('tasks').info('{n} tasks are open', n=len(found))
    except KojiException as error:
        Logger('tasks').error('no count: {error}', error=str(error))


if __name__ == '__main__':
    os.environ['KOJI_PROFILE'] = parse(__doc__).profile or ''
    sys.argv[1:] = ['-noy', __file__, '--pidfile=']
    run()
with plainly():
    koji = connect(Namespace(profile=os.environ.get('KOJI_PROFILE')))
application = Application('open-tasks')
TimerService(60, count).setServiceParent(application)
# This ends a call under way, too.
reactor.addSystemEventTrigger('before', 'shutdown', koji.close)
