"""
What Koji tells the message bus, as objects. `parse` reads a message of any of
the usual libraries::

    event = messages.parse(message, koji)
    if event.kind == 'BuildStateChange' and event.new == 'COMPLETE':
        print(event.build.nvr, event.url)

Koji's hub sends them by its plugin for AMQP 1.0 (plugins/hub/protonmsg.py),
by koji-fedoramessaging, or by older ones. The same thing is here under the
same name, however it came.

A message is sent after the call on the hub that it is about. It may come
late, more than once, in another order, or not at all.
"""
from txkoji.messages.classes import (
    KINDS,
    BuildPromote,
    BuildStateChange,
    Import,
    Message,
    PackageListChange,
    RepoDone,
    RepoInit,
    RPMSign,
    TagUntag,
    TaskStateChange,
    kind_of,
    parse,
)

__all__ = [
    'BuildPromote', 'BuildStateChange', 'Import', 'KINDS', 'Message',
    'PackageListChange', 'RPMSign', 'RepoDone', 'RepoInit', 'TagUntag',
    'TaskStateChange', 'kind_of', 'parse']
