"""Rich objects as arguments of hub methods."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji.rows import Tag


class ArgumentsTests(HubTestCase):
    """The id of a rich object is sent."""

    def sent(self) -> Any:
        """Get the last call that the hub received."""
        return self.hub.calls[-1]

    def test_single(self) -> None:
        """A rich object is its id, also by name and within lists."""
        tag = self.get(self.koji.getTag('f44'))
        build = self.get(self.koji.getBuild(5356))
        self.hub.respond('plugin', True, plugin=True, anonymous=True)
        self.get(self.koji.plugin(tag, [build, [tag], 1], builds=[build]))
        self.assertEqual(self.sent(), (
            'plugin', (33, [5356, [33], 1]), {'builds': [5356]}))

    def test_kinds(self) -> None:
        """So is an object of each kind that has an id."""
        self.hub.respond('plugin', True, plugin=True, anonymous=True)
        self.hub.respond('getRepo', {'id': 7, 'state': 1})
        for call, kind in [
                (self.koji.getBuild(5356), 'Build'),
                (self.koji.getTaskInfo(6474), 'Task'),
                (self.koji.getTag('f44'), 'Tag'),
                (self.koji.getUser('alice'), 'User'),
                (self.koji.getHost(1), 'Host'),
                (self.koji.getChannel('default'), 'Channel'),
                (self.koji.getPackage('ceph'), 'Package'),
                (self.koji.getBuildTarget('f44'), 'BuildTarget'),
                (self.koji.getRepo('f44-build'), 'Repo'),
                (self.koji.getRPM(1), 'RPM')]:
            found = self.get(call)
            self.assertEqual(type(found).__name__, kind)
            self.get(self.koji.plugin(found, [found], named=found))
            self.assertEqual(self.sent(), (
                'plugin', (found.id, [found.id]), {'named': found.id}))

    def test_struct(self) -> None:
        """A plain dictionary stays a struct, in all ways to call a method."""
        build = self.get(self.koji.getBuild(5356))
        self.hub.respond('plugin', [], plugin=True, anonymous=True)
        many = self.koji.MultiCall()
        for call in (self.koji, many, self.koji.batched()):
            call.plugin(dict(build), {'build': 1})
        self.get(many())
        self.hub.clock.advance(0)
        self.fail_of(self.koji.iterate(
            'plugin', dict(build), {'build': 1}).next_item(),
            StopAsyncIteration)
        sent = [args for method, args, _ in self.hub.calls
                if method == 'plugin']
        self.assertEqual(len(sent), 4)
        for args in sent:
            self.assertEqual(args[0]['nvr'], 'ceph-9.22.53-11.fc43')
            self.assertEqual(args[1], {'build': 1})

    def test_ways(self) -> None:
        """All ways to call a hub method do so."""
        tag = self.get(self.koji.getTag('f43-updates'))
        expected = self.get(self.koji.listTagged(26))
        self.assertEqual(self.get(self.koji.listTagged(tag))[0], expected[0])
        self.assertEqual(self.get(self.koji.call('getTag', tag)), tag)
        many = self.koji.MultiCall()
        many.getTag(tag)
        self.assertEqual(list(self.get(many())), [tag])
        batched = self.koji.batched()
        calls = [batched.getTag(tag), batched.getTag('f44')]
        self.hub.clock.advance(0)
        self.assertEqual(self.get(calls[0]), tag)
        self.assertEqual(
            self.get(self.koji.iterate('listTagged', tag).next_item()),
            expected[0])
        [page] = [self.get(self.koji.pages('listTagged', tag).next_item())]
        self.assertEqual({build.tag_id for build in page}, {26})

    def test_without_id(self) -> None:
        """An object without an id is a TypeError, and nothing is sent."""
        tag = Tag({'name': 'f44'})
        error = self.fail_of(self.koji.getTag(tag), TypeError)
        self.assertRegex(str(error), '^getTag: .*pass dict[(]...[)] of it')
        self.fail_of(self.koji.batched().getTag([tag]), TypeError)
        self.assertRaises(TypeError, self.koji.MultiCall().getTag, tag)
        self.fail_of(self.koji.getTag(1, event=[tag]), TypeError)
        self.assertRaises(TypeError, self.koji.iterate, 'listTagged', tag)
        self.assertRaises(TypeError, self.koji.pages, 'listTagged', tag)
        self.assertEqual(self.hub.calls, [])

    def test_circle(self) -> None:
        """A list that contains itself is refused in the same way."""
        circle: list[Any] = []
        circle.append(circle)
        for call in self.koji.getTag, self.koji.batched().getTag:
            error = self.fail_of(call(circle), TypeError)
            self.assertRegex(str(error), '^getTag: .*contains itself')
        self.assertRaises(TypeError, self.koji.MultiCall().getTag, circle)
        self.assertEqual(self.hub.calls, [])
