"""Serve pages that list the builds of a package, /PACKAGE, with klein."""
from argparse import Namespace
from typing import Any

from embedded import run
from klein import Klein
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.web.server import Site
from twisted.web.template import flattenString, tags

from txkoji import Connection
from txkoji.exceptions import KojiException


async def serve(koji: Connection, options: Namespace) -> None:
    """Serve the page until the program is ended."""
    app = Klein()

    @app.route('/<package>')
    async def show(request: Any, package: str) -> bytes:
        try:
            builds = await koji.with_options(deadline=30).listBuilds(
                package, queryOpts={'order': '-build_id', 'limit': 20})
        except KojiException as error:
            request.setResponseCode(502)
            return f'Koji does not answer: {error}'.encode()
        return await flattenString(request, tags.ul([
            tags.li(build.nvr, ' is ', str(build.state_name))
            for build in builds] or 'There is no build.'))

    from twisted.internet import reactor
    port = await serverFromString(reactor, options.listen).listen(
        Site(app.resource()))
    print(f'http://127.0.0.1:{port.getHost().port}/bash', flush=True)
    await Deferred()


run(serve, __doc__, arguments={
    'listen': ('tcp:0:interface=127.0.0.1', 'the endpoint')})
