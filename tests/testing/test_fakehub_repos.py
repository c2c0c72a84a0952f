"""The repositories of FakeHub, and the changes of its tags."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji.exceptions import (
    ActionNotAllowed,
    GenericError,
    KojiException,
    ParameterError,
)

#: The tag f44-build, and one that it inherits from.
TAG, PARENT = 40, 39

#: A build in no tag of these.
BUILD = 1442


class HistoryTests(HubTestCase):
    """Events."""

    def events(self, tag: Any, **kwargs: Any) -> list[Any]:
        """The first and the last change of a tag."""
        return [self.get(self.koji.call(method, tag, **kwargs))
                for method in ('tagFirstChangeEvent', 'tagLastChangeEvent')]

    def test_changes(self) -> None:
        """A tag changes with its builds, its parents, and by itself."""
        history = self.hub.history
        first, _ = self.events('f44-build')
        self.assertEqual(first, 1)
        one = history.tag_build(TAG, BUILD)
        two = history.tag_build(PARENT, BUILD)
        three = history.untag_build(TAG, BUILD)
        for kwargs, last in [({}, three), ({'before': three}, two),
                             ({'before': three, 'inherit': False}, one),
                             ({'before': 1}, None)]:
            self.assertEqual(self.get(self.koji.tagLastChangeEvent(
                TAG, **kwargs)), last)
        for kwargs, next_one in [({'after': one}, two), ({'after': three},
                                                         None),
                                 ({'after': one, 'inherit': False}, three)]:
            self.assertEqual(self.get(self.koji.tagFirstChangeEvent(
                TAG, **kwargs)), next_one)
        for event, tags, changed in [(one, [TAG], True), (three, [TAG], False),
                                     (two, [PARENT], False),
                                     (one, [33, PARENT], True)]:
            self.assertIs(self.get(self.koji.tagChangedSinceEvent(
                event, tags)), changed)
        self.hub.tables.tag_updates.append({'tag_id': TAG, 'update_event': 1})
        self.assertEqual(self.events(TAG)[1], three)
        event = history.event()
        self.hub.tables.tag_updates.append(
            {'tag_id': TAG, 'update_event': event})
        self.assertEqual(self.events(TAG)[1], event)
        self.assertEqual(self.get(self.koji.getLastEvent()).id, event)

    def test_refused(self) -> None:
        """What the hub refuses is refused in its words."""
        error = self.fail_of(self.koji.tagLastChangeEvent('no-such'),
                             GenericError)
        self.assertEqual(str(error), "No such tagInfo: 'no-such'")
        error = self.fail_of(self.koji.tagChangedSinceEvent(5, []))
        self.assertEqual((error.faultCode, str(error)), (
            1, "<class 'psycopg2.errors.SyntaxError'>: syntax error at or"
               ' near ")"\n'))
        error = self.fail_of(self.koji.getLastEvent(before=0), GenericError)
        self.assertEqual(str(error), 'query returned no rows')
        self.assertIsNone(self.get(self.koji.getLastEvent(before=0,
                                                          strict=False)))

    def test_old_events(self) -> None:
        """Methods with an event answer as they did at that event."""
        tables, history = self.hub.tables, self.hub.history
        before = self.get(self.koji.getLastEvent()).id

        def look(event: Any) -> list[Any]:
            return [self.get(call) for call in (
                self.koji.listTagged(TAG, event=event, inherit=True),
                self.koji.getLatestBuilds(TAG, event=event),
                self.koji.listPackages(TAG, event=event, inherited=True),
                self.koji.getInheritanceData(TAG, event=event),
                self.koji.getFullInheritance(TAG, event=event),
                self.koji.getBuildTargets(event=event),
                self.koji.getBuildTarget('f44', event=event),
                self.koji.listChannels(1, event=event))]

        old = look(None)
        self.assertEqual(look(before), old)
        history.tag_build(TAG, BUILD)
        event = history.event()
        for row in (tables.inheritance[-4], tables.tag_packages[60],
                    tables.host_channels[0],
                    next(row for row in tables.targets
                         if row['name'] == 'f44')):
            row['revoke_event'] = event
        for row in tables.tag_packages:
            if row['tag_id'] in (33, 34, TAG):
                row['revoke_event'] = event
        for row in tables.inheritance:
            if row['child_id'] == TAG and row['parent_id'] == PARENT:
                row['revoke_event'] = event
        tables.inheritance.append({
            'child_id': TAG, 'parent_id': 36, 'priority': 7,
            'maxdepth': None, 'intransitive': False, 'noconfig': False,
            'pkg_filter': '', 'create_event': event})
        self.assertEqual(look(before), old)
        new = look(None)
        self.assertEqual(look(event), new)
        for was, now in zip(old, new):
            self.assertNotEqual(was, now)
        for row in new[3] + new[5] + new[2]:
            self.assertNotIn('revoke_event', row)
        tags = [tag.id for tag in self.get(self.koji.listTags(BUILD))]
        history.untag_build(TAG, BUILD)
        self.assertEqual([tag.id for tag in self.get(
            self.koji.listTags(BUILD))], [tag for tag in tags if tag != TAG])


class RepoTests(HubTestCase):
    """Repositories, and requests for them."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.get(self.koji.login())
        self.bob = self.hub.connection('bob')
        self.get(self.bob.login())

    def ask(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for a repository."""
        return self.get(self.koji.repo.request('f44-build', *args, **kwargs))

    def test_request(self) -> None:
        """A request is made once for all, and fulfilled by a repository."""
        event = self.hub.history.event()
        self.hub.tables.tag_updates.append(
            {'tag_id': TAG, 'update_event': event})
        asked = self.ask('last')
        request = asked['request']
        self.assertEqual(
            (asked['repo'], asked['duplicate'], request['active'],
             request['min_event'], request['owner_name'],
             request['priority'], request['tag_name'], request['repo_id']),
            (None, False, True, event, 'alice', 20, 'f44-build', None))
        again = self.get(self.bob.repo.request('f44-build', event,
                                               priority=5))
        self.assertEqual(again, {'repo': None, 'request': request,
                                 'duplicate': True})
        self.assertTrue(self.ask('last', force=True)['duplicate'])
        other = self.ask('last', opts={'src': True})
        self.assertFalse(other['duplicate'])
        at_event = self.ask(at_event=event)
        self.assertEqual((at_event['duplicate'],
                          at_event['request']['at_event'],
                          at_event['request']['min_event']),
                         (False, event, None))
        found = self.get(self.koji.repo.checkRequest(request['id']))
        self.assertEqual(found, {'repo': None, 'request': request})
        self.hub.tables.repo_requests[0]['task_id'] = 6474
        found = self.get(self.koji.repo.checkRequest(request['id']))
        self.assertEqual(found['task']['id'], 6474)
        number = self.hub.repos.make(TAG, task_id=6474)
        found = self.get(self.koji.repo.checkRequest(request['id']))
        self.assertEqual(found['repo'], self.get(self.koji.repoInfo(number)))
        self.assertNotIn('task', found)
        self.assertEqual((found['request']['active'],
                          found['request']['repo_id']), (False, number))
        self.assertEqual(
            [row['active'] for row in self.hub.tables.repo_requests],
            [False, True, True])
        self.assertEqual(self.ask('last'), {
            'repo': found['repo'], 'request': None, 'duplicate': False})
        self.assertIsNotNone(self.ask('last', force=True)['request'])

    def test_lag(self) -> None:
        """Without an event, one that lags by less than an hour will do."""
        self.hub.repos.make(TAG)
        self.hub.history.tag_build(TAG, BUILD)
        self.assertIsNone(self.ask('last')['repo'])
        self.assertIsNone(self.ask()['repo'])
        self.hub.clock.advance(3601)
        self.hub.history.tag_build(PARENT, BUILD)
        self.hub.repos.make(TAG)
        self.hub.history.untag_build(PARENT, BUILD)
        self.assertIsNone(self.ask('last')['repo'])
        self.assertIsNotNone(self.ask()['repo'])

    def test_get(self) -> None:
        """repo.get gives no repository with options; getRepo gives any."""
        self.assertIsNone(self.get(self.koji.getRepo('f44-build')))
        usual = self.hub.repos.make(TAG)
        event = self.hub.history.tag_build(TAG, BUILD)
        custom = self.hub.repos.make(TAG, opts={'debuginfo': True})
        self.assertEqual(self.get(self.koji.getRepo('f44-build')).id, custom)
        repo = self.get(self.koji.repo.get('f44-build'))
        self.assertEqual(
            (repo['id'], repo['tag_name'], repo['custom_opts'],
             repo['end_event'], repo['task_state']),
            (usual, 'f44-build', {}, event, None))
        self.assertLess(repo['begin_event'], repo['create_event'])
        self.assertEqual(repo['creation_ts'], self.hub.now())
        self.assertEqual(self.get(self.koji.repo.get(
            'f44-build', opts={'debuginfo': True}))['id'], custom)
        for min_event, there in [(repo['create_event'], True),
                                 (repo['create_event'] + 1, False)]:
            self.assertEqual(self.get(self.koji.repo.get(
                TAG, min_event)) is not None, there)
        self.assertEqual(self.get(self.koji.repo.get(
            TAG, at_event=repo['create_event'])), repo)
        self.hub.tables.repos[0]['state'] = 2
        self.assertIsNone(self.get(self.koji.repo.get(TAG)))
        self.assertEqual(self.get(self.koji.getRepo(TAG, 2)).id, usual)

    def test_refused(self) -> None:
        """What the hub refuses is refused in its words."""
        nobody = self.hub.connection(None)
        number = "Invalid type for value 'x': <class 'str'>, expected type" \
                 " <class 'int'>"
        for call, kind, text in [
                (nobody.repo.request('no-such'), ActionNotAllowed,
                 'you must be logged in for this operation'),
                (self.koji.repo.request('f44-build', priority=-5),
                 ActionNotAllowed,
                 'only admins may create high-priority requests'),
                (self.koji.repo.request('f44-build', 'x'), ParameterError,
                 number),
                (self.koji.repo.request('f44-build', 99999999),
                 ParameterError, 'Invalid event: 99999999'),
                (self.koji.repo.request('f44-build', 5, 6), ParameterError,
                 'The min_event and at_event options conflict'),
                (self.koji.repo.request('f44-build', opts={'nosuch': 1}),
                 ParameterError, 'Invalid repo option: nosuch'),
                (self.koji.repo.request('f44-build', opts=['src']),
                 ParameterError, 'Repo opts must be a dictionary'),
                (self.koji.repo.request('f44-build', nosuch=1),
                 ParameterError, 'request_repo() got an unexpected keyword'
                 " argument 'nosuch'"),
                (self.koji.repo.request('no-such'), GenericError,
                 "No such tagInfo: 'no-such'"),
                (self.koji.repo.checkRequest(99999999), GenericError,
                 'No such request'),
                (self.koji.repo.checkRequest('x'), ParameterError, number),
                (self.koji.repo.checkRequest(None), ParameterError,
                 "Invalid type, expected type <class 'int'>"),
                (self.koji.getRepo('no-such'), GenericError,
                 'No such entry in table tag: no-such'),
                (self.koji.repoInfo(999999, strict=True), GenericError,
                 'query returned no rows')]:
            self.assertEqual(str(self.fail_of(call, kind)), text)

    def test_older(self) -> None:
        """Hubs before 1.35 know nothing of it, and neither do their lists."""
        self.hub.version = '1.34.0'
        for method, args in [('repo.get', (TAG,)), ('repo.request', (TAG,)),
                             ('repo.query', ([],)),
                             ('tagLastChangeEvent', (TAG,)),
                             ('tagFirstChangeEvent', (TAG,))]:
            error = self.fail_of(self.koji.call(method, *args), KojiException)
            self.assertEqual(str(error), f'Invalid method: {method}')
        methods = self.get(self.koji.system.listMethods())
        self.assertIn('tagChangedSinceEvent', methods)
        self.assertNotIn('repo.get', methods)
        self.assertIs(self.get(self.koji.tagChangedSinceEvent(1, [26])), True)
