"""
Messages of Koji on a message bus, as objects.

`parse` reads a message of any of the usual libraries::

    event = messages.parse(message, koji)
    if event.kind == 'BuildStateChange' and event.new == 'COMPLETE':
        print(event.build.nvr, event.url)

Koji's hub sends messages with its plugin for AMQP 1.0
(plugins/hub/protonmsg.py), with koji-fedoramessaging, or with older plugins.
An event has the same class and the same members for all of these plugins.

The hub sends a message after the call that caused the event. A message may
come late, more than once, out of order, or not at all.
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
