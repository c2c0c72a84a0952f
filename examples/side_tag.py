"""
Use a side tag for a while.

The argument is the tag that it is made of. With ``--source URL``, a package is
built in it. At the end the side tag is removed, also after an error, or after
Control-C.
"""
from embedded import run

from txkoji.exceptions import GenericError, KojiException, TaskFailed


async def use(koji, options):
    """Make a side tag, and use it."""
    try:
        await koji.login()
        print('Waiting for a side tag of', options.base, 'and its repository')
        async with koji.side_tag(options.base, timeout=3600) as tag:
            repo = await koji.getRepo(tag.id)
            print(f'{tag.name} has repository {repo.id} of event'
                  f' {repo.create_event}')
            if options.source:
                submission = await koji.submit_build(options.source, tag.name)
                print('Built:', (await submission.done()).nvr)
            builds = await koji.listTagged(tag.id, inherit=True, latest=True)
            print(len(builds), 'packages can be built with, and',
                  sum(build.tag_id == tag.id for build in builds), 'of them'
                  ' are in it')
        print(tag.name, 'is removed')
    except TaskFailed as error:
        failure = await error.failure()
        print(await failure.summary() if failure else error)
    except KojiException as error:
        print('It did not work:', error)


def prepare(hub):
    """Let the embedded hub have side tags, and make their repositories."""
    tables = hub.tables

    def create(basetag, debuginfo=False, suffix=None):
        base = tables.find('tags', basetag)
        if base is None:
            raise GenericError(f'No such tagInfo: {basetag!r}')
        number = 1 + max(row['id'] for row in tables.tags)
        name = f'{base["name"]}-side-{number}'
        tables.tags.append({**base, 'id': number, 'name': name,
                            'extra': {'sidetag': True}})
        tables.inheritance.append({
            **tables.inheritance[0], 'child_id': number,
            'parent_id': base['id'], 'priority': 0,
            'create_event': hub.history.event()})
        hub.clock.callLater(0.5, hub.repos.make, number)
        return {'name': name, 'id': number}

    def remove(sidetag):
        tables.tags[:] = [row for row in tables.tags if row['id'] != sidetag]
        print('The hub has no side tag left')

    hub.respond('createSideTag', create)
    hub.respond('removeSideTag', remove)


run(use, __doc__, prepare=prepare, base='f44-build',
    flags={'--source': 'the URL of a source to build'})
