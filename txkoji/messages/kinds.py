"""Find the kind of a message, such as "BuildStateChange", by its name."""
from __future__ import annotations

import re
from re import Pattern

from munch import Munch

from txkoji.messages.frames import Frame

#: Kind -> member of the body that is an object in each message of Koji's own
#: plugins. Topics of other programs may end as Koji's do: this member tells
#: Koji's messages apart.
BODY_MEMBERS = {
    'TaskStateChange': 'info',
    'BuildStateChange': 'info',
    'Tag': 'build',
    'Untag': 'build',
    'BuildPromote': 'build',
    'Import': 'build',
    'RPMSign': 'rpm',
    'PackageListChange': 'package',
    'RepoInit': 'tag',
    'RepoDone': 'repo',
}

#: Patterns of the ends of topics, and the kind that each stands for.
Topics = list[tuple[Pattern[str], str]]

#: Topics of koji-fedoramessaging. Its messages have no ``type`` property.
FEDORA_TOPICS: Topics = [
    (re.compile(rf'(^|[./])buildsys\.{pattern}$'), kind)
    for pattern, kind in [
        (r'task\.state\.change', 'TaskStateChange'),
        (r'build\.state\.change', 'BuildStateChange'),
        (r'tag', 'Tag'),
        (r'untag', 'Untag'),
        (r'package\.list\.change', 'PackageListChange'),
        (r'build\.promote', 'BuildPromote'),
        (r'repo\.init', 'RepoInit'),
        (r'repo\.done', 'RepoDone'),
        (r'rpm\.sign', 'RPMSign'),
    ]]

#: Topics of Koji's own plugin for AMQP 1.0, for messages that lost their
#: ``type`` property on the way.
PLUGIN_TOPICS: Topics = [
    (re.compile(rf'(^|[./]){pattern}$'), kind) for pattern, kind in [
        (r'task\.(free|assigned|open|closed|canceled|failed)',
         'TaskStateChange'),
        (r'build\.(building|complete|deleted|failed|canceled)',
         'BuildStateChange'),
        (r'build\.tag', 'Tag'),
        (r'build\.untag', 'Untag'),
        (r'build\.promote', 'BuildPromote'),
        (r'import\.(build|rpm|archive|image|cg|maven|win)', 'Import'),
        (r'sign\.rpm', 'RPMSign'),
        (r'package\.(add|update|block|unblock|remove)',
         'PackageListChange'),
        (r'repo\.init', 'RepoInit'),
        (r'repo\.done', 'RepoDone'),
    ]]

#: The prefix of topics of fedora-messaging: a domain, the environment and the
#: sending program, such as "org.fedoraproject.prod.coreos".
FEDORA_PROGRAM = re.compile(r'(^|/)[\w-]+\.[\w-]+\.(prod|stg|dev)\.[\w-]')

#: The ``type`` that RabbitMQ gives to messages of AMQP 1.0 that it does not
#: decode. It is no kind of Koji's.
UNDECODED_TYPE = 'amqp-1.0'


def kind_of(frame: Frame) -> str | None:
    """
    Find the kind of a message.

    :returns: a key of `txkoji.messages.KINDS`. None for an unknown event and
              for a message of another program.
    """
    kind = frame.properties.get('type')
    if isinstance(kind, str) and kind != UNDECODED_TYPE:
        return kind if kind in BODY_MEMBERS else None
    topic = frame.topic or ''
    found = _kind_of_topic(topic, FEDORA_TOPICS)
    if found is not None:
        return found
    found = _kind_of_topic(topic, PLUGIN_TOPICS)
    if found is None and not FEDORA_PROGRAM.search(topic):
        # Koji's older plugin, for qpid, has the kind as a word of the topic.
        found = next((word for word in topic.split('.')
                      if word in BODY_MEMBERS), None)
    if found is None or not isinstance(
            frame.body.get(BODY_MEMBERS[found]), Munch):
        return None
    return found


def _kind_of_topic(topic: str, topics: Topics) -> str | None:
    """Find the kind by the end of a topic, unless another program sent it."""
    for pattern, kind in topics:
        found = pattern.search(topic)
        if found is not None:
            foreign = FEDORA_PROGRAM.search(topic[:found.start()])
            return None if foreign else kind
    return None
