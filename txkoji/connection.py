"""
`Connection`: hub methods as attributes, rich results, links to kojiweb.

It is the facade: each method begins a feature, which stands on a `HubClient`.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from twisted.internet.defer import CancelledError, Deferred

from txkoji import web
from txkoji.batching import Batched
from txkoji.build import Build
from txkoji.cache import MAX_AGE, Cache
from txkoji.client import HubClient
from txkoji.estimates.completion import estimate_all
from txkoji.estimates.estimate import Estimate
from txkoji.files.cg_import import import_build
from txkoji.files.cg_metadata import Files
from txkoji.files.destinations import Destination
from txkoji.files.downloads import Download
from txkoji.files.file import File
from txkoji.files.follow import Follow, LogPoller
from txkoji.files.topurl import FileDownload, file_exists
from txkoji.files.uploads import Local, Uploaded, upload
from txkoji.history import HistoryView
from txkoji.hub import config_files, profile as profiles
from txkoji.hub.http.network import Network
from txkoji.hub.profile import Profile, read_profile
from txkoji.hub.stats import Stats
from txkoji.links import LIMIT, Link, find_links, get_linked
from txkoji.messages.dispatcher import Events
from txkoji.multicall import BATCH, MultiCall
from txkoji.options import Options, check_number
from txkoji.paging import Pages
from txkoji.progress import ByteListener, Listener, transfer
from txkoji.repo import Repo
from txkoji.resource import system_time
from txkoji.streaming import Items
from txkoji.submissions.failure import TaskFailure, find_failure
from txkoji.submissions.submit import (
    ChainSubmission,
    Groups,
    Order,
    Submission,
    options,
    submit_build,
    submit_chain,
)
from txkoji.tags.changes import TagChange, list_changes
from txkoji.tags.side_tags import SideTag, SideTags
from txkoji.task import Task
from txkoji.waiting.changes import Changes
from txkoji.waiting.finished import wait_for
from txkoji.waiting.repositories import MinEvent, wait_for_repo
from txkoji.waiting.tags import BuildKey, wait_until_tagged
from txkoji.waiting.tasks import Poller, TaskOrId, task_number
from txkoji.whoami import CurrentUser, whoami

if TYPE_CHECKING:
    from txkoji.list_methods import ListMethods
    from txkoji.methods import DeferredMethods
else:
    from txkoji.hub_methods import DescribedMethods as DeferredMethods

    #: The types of `iterate` and `pages`, which nothing needs at run time.
    ListMethods = object

#: Patterns of configuration files; replace it to read others.
PROFILES = config_files.PROFILES

Self = TypeVar('Self', bound='Connection')


class Connection(DeferredMethods, ListMethods):
    """
    A connection to a Koji hub. Hub methods are its attributes.

    For example::

        koji = Connection('fedora')
        build = await koji.getBuild('ceph-9.22.53-11.fc43')

    A call returns a Deferred that fires with the hub's result: Munch, lists
    and plain values. Builds, tasks, channels, packages, hosts, tags, users,
    build targets, RPMs and repositories are objects of `Build`, `Task` and so
    on. The Deferred fails with an exception of `txkoji.exceptions`. Canceling
    the Deferred ends the request.

    In an ``async with``, the connection is closed at the end.

    :param profile: the name of a profile in Koji's configuration files, or a
                    `Profile`.
    :param reactor: the reactor for connections and timers. None means
                    Twisted's own, which is imported at the first call.
    :param network: the `txkoji.hub.http.network.Network` that opens
                    connections. None means the reactor's sockets.
    :param proxy: the URL of a forward proxy, such as
                  ``http://user:password@proxy.example.com:3128``. An empty
                  text means no proxy. None means the proxies of the
                  environment: ``https_proxy``, ``http_proxy``, ``all_proxy``
                  and ``no_proxy``.
    :param timeout: seconds for one attempt, from connecting to the last byte
                    of the answer. For a file under the topurl, seconds
                    without a byte. None means the timeout of the profile.
    :param deadline: seconds for a call, with its time in the queue and all
                     attempts.
    :param max_connections: number of simultaneous requests. Further requests
                            are queued.
    :param max_body: bytes of a decompressed answer. A larger answer is an
                     `AnswerError`. Files, and lists of `iterate`, have no
                     limit, since they are not kept in memory.
    :param cache_max_age: seconds until `cache` asks for the name of a user or
                          a tag again. Infinity means never.
    :param now: a function that returns the time as an aware datetime in UTC,
                for durations and estimates. None means the system's clock.
    :raises ConfigurationError: (a ValueError) if there is no such profile, if
                                the profile cannot be used, or if a limit is
                                not a number above 0.

    :ivar profile: the name of the profile.
    :ivar settings: the `Profile`.
    :ivar weburl: the URL of kojiweb, or None.
    :ivar serverca: the path of the CA certificates for the hub, a PEM file or
                    a directory of ``openssl rehash``. None means those of the
                    system.
    :ivar now: returns the time, as an aware datetime in UTC.
    :ivar cache: the `Cache` of the names of users and tags.
    :ivar events: the `Events` of the message bus.
    :ivar client: the `HubClient` that features stand on.
    """

    def __init__(self, profile: str | Profile, *, reactor: Any = None,
                 network: Network | None = None,
                 proxy: str | None = None,
                 timeout: float | None = None,
                 deadline: float = 3600,
                 max_connections: int = 20,
                 max_body: int = 512 * 2**20,
                 cache_max_age: float = MAX_AGE,
                 now: Callable[[], datetime] | None = None) -> None:
        if not isinstance(profile, Profile):
            profile = read_profile(profile, PROFILES)
        self.settings = profile
        self.profile: str = profile.name
        self.weburl: str | None = profile.weburl
        self.serverca: str | None = profile.serverca or None
        self.now: Callable[[], datetime] = (
            system_time if now is None else now)
        options = Options(
            timeout=profile.timeout if timeout is None else timeout,
            deadline=deadline)
        for name, number in [('timeout', options.timeout),
                             ('deadline', deadline),
                             ('max_connections', max_connections),
                             ('max_body', max_body),
                             ('cache_max_age', cache_max_age)]:
            check_number(name, number, f'profile {profile.name!r}: ')
        self.client: HubClient = HubClient.connected(
            self, profile, reactor=reactor, network=network, proxy=proxy,
            max_connections=max_connections, max_body=max_body,
            options=options, now=self.now)
        #: The client without the options of a view.
        self._whole = self.client
        self.cache: Cache = Cache(self, max_age=cache_max_age, reactor=reactor)
        self.events: Events = Events(self.client, self.task_changed)
        self._poller = Poller(self.client)
        self._log_poller = LogPoller(self.client)

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        server = profiles.without_secrets(self.url)
        return f'<Connection {self.profile!r} to {server}>'

    @property
    def reactor(self) -> Any:
        """The reactor, for timers and threads."""
        return self.client.reactor

    # Calls. A type checker has the signatures of `txkoji.methods` for these.

    if not TYPE_CHECKING:

        def call(self, method: str, /, *args: Any, **kwargs: Any
                 ) -> Deferred[Any]:
            """
            Call a hub method by its name.

            This reaches every method, also one with the name of a method of
            Connection.

            :param method: the name, such as "getTag" or "repo.get".
            :param args: positional arguments: None, bool, int, float, str,
                         bytes, datetime, and lists and dictionaries of these.
            :param kwargs: named arguments.
            :returns: a Deferred that fires with the result.
            :raises GenericError: if the hub refuses the call. The subclass
                                  depends on the fault's code; see
                                  `txkoji.exceptions`.
            :raises TransportError: if no valid answer arrives.
            :raises TypeError: if XML-RPC cannot carry an argument.
            """
            if method == 'logout':
                return self.logout(*args, **kwargs)
            return self.client.call(method, *args, **kwargs)

    # Many calls, long lists

    def MultiCall(self, *, strict: bool = False, batch: int = BATCH,
                  concurrency: int = 1) -> MultiCall:
        """
        Collect calls, to send them as one.

        For example::

            many = koji.MultiCall()
            many.getBuild('bash-5.2.37-1.fc43')
            many.getTag('f43')
            for result in await many():
                print(result)

        See `txkoji.multicall.MultiCall`.

        :param strict: whether the multicall fails with the first failed call.
        :param batch: maximum number of calls in a request.
        :param concurrency: number of simultaneous requests, if all calls are
                            reads.
        """
        return MultiCall(self.client, strict=strict, batch=batch,
                         concurrency=concurrency)

    def batched(self, window: float = 0) -> Batched:
        """
        Give a view of the connection that batches reads.

        Reads of one turn of the reactor share requests. These are five
        requests::

            batched = koji.batched()
            tasks = await gatherResults(
                [batched.getTaskInfo(number) for number in range(500)])

        See `txkoji.batching.Batched`.

        :param window: seconds to collect calls. 0 means this turn of the
                       reactor.
        """
        return Batched(self.client, window)

    if not TYPE_CHECKING:

        def iterate(self, method: str, /, *args: Any, **kwargs: Any
                    ) -> Items[Any]:
            """
            Iterate over a long list while it arrives, without keeping it.

            For example::

                async for build in koji.iterate('listTagged', 'f43'):
                    print(build.nvr)

            See `txkoji.streaming.Items`, also for inlineCallbacks.

            :param method: a hub method that returns a list. Further arguments
                           are those of the hub method.
            :raises ValueError: if ``queryOpts`` ask for a count.
            """
            return Items(self.client, method, args, kwargs)

        def pages(self, method: str, /, *args: Any, **kwargs: Any
                  ) -> Pages[Any]:
            """
            Iterate over a long list page by page.

            Each page is requested when the program asks for it::

                async for builds in koji.pages('listBuilds', state=1):
                    print(len(builds))

            A page has up to 1,000 items, or the ``page_size`` of
            `with_options`. An item that stays in the list is in exactly one
            page, also if other items come or go meanwhile, unless
            ``queryOpts`` ask for an order other than by id. See
            `txkoji.paging.Pages`.

            :param method: a hub method that returns a list. Further arguments
                           are those of the hub method.
            :raises ValueError: if ``queryOpts`` ask for a count.
            :raises ConfigurationError: (a ValueError) if no order is known for
                                        the method.
            """
            return Pages(self.client, method, args, kwargs)

    # Files

    def upload(self, local: Local, path: str, name: str | None = None, *,
               overwrite: bool = False, volume: str | None = None,
               progress: ByteListener | None = None
               ) -> Deferred[Uploaded]:
        """
        Upload a file of any size in chunks. You have to be logged in.

        A chunk has ``upload_blocksize`` bytes, an option of the profile. The
        hub's checksum of each chunk is compared. If the answer to a chunk is
        lost, the chunk is sent again, to the same offset. Chunks are queued
        with the other writes of the session. If the hub does not see the file
        yet, or still holds the lock of an interrupted upload, it is asked
        again for about a minute.

        Chunks are sent as raw uploads. Hubs without raw uploads, and profiles
        whose ``use_fast_upload`` is off, get calls of ``uploadFile``, which
        cannot replace a file.

        :param local: the name of a file, or a file that is open in binary
                      mode. It is read in another thread, and an open file is
                      not closed.
        :param path: the folder, below the hub's folder for uploads, such as
                     "cli-build/1795000013.123456.kAbcDEfg". A folder belongs
                     to the first user who uploads to it.
        :param name: the name on the hub. None means the name of the local
                     file.
        :param overwrite: whether to replace an existing file.
        :param volume: the volume; None for the default one.
        :param progress: called after each chunk with the bytes on the hub and
                         the total, or None if that is unknown.
        :returns: a Deferred that fires with an `Uploaded`. If it is canceled,
                  also by ``progress``, it fails with `UploadCanceled`, which
                  has the number of uploaded bytes.
        :raises ActionNotAllowed: if you are not logged in; nothing is sent.
        :raises UploadError: if the file does not arrive intact, changes
                             meanwhile, has an invalid path, or cannot be
                             replaced.
        :raises OSError: if the file cannot be read.
        :raises GenericError: if the hub refuses the upload: the file exists,
                              or the folder belongs to another user.
        """
        return transfer(progress, lambda report: upload(
            self.client, local, path, name, overwrite=overwrite,
            volume=volume, progress=report))

    def download_task_output(
            self, task_id: int, name: str, destination: Destination, *,
            offset: int = 0, volume: str | None = None,
            progress: ByteListener | None = None) -> Deferred[int]:
        """
        Download a file from the output of a task, such as a log, in chunks.

        A failed chunk is requested again.

        :param task_id: the id of the task.
        :param name: the name of the file, as in ``listTaskOutput``.
        :param destination: the name of a file, which is created or replaced
                            when all bytes have arrived; or a file that is open
                            in binary mode. It is written in another thread.
        :param offset: the first byte to download.
        :param volume: the volume; None for the default one.
        :param progress: called after each chunk with the downloaded bytes and
                         the total, or None if that is unknown.
        :returns: a Deferred that fires with the number of bytes.
        :raises GenericError: if there is no such task or file.
        :raises TransportError: if a chunk does not arrive.
        :raises DownloadError: if the file ends too early.
        :raises OSError: if the destination cannot be written.
        :raises ValueError: if ``offset`` is below 0.
        """
        return transfer(progress, lambda report: Download(
            self.client, task_id, name, offset=offset, volume=volume,
            progress=report).run(destination))

    def download(self, file: File, destination: Destination, *,
                 offset: int = 0, progress: ByteListener | None = None
                 ) -> Deferred[int]:
        """
        Download a file under the topurl; see `txkoji.files.File.download`.

        :param file: a `txkoji.files.File`.
        :param destination: the name of a file, or a file that is open in
                            binary mode.
        :param offset: the first byte to download.
        :param progress: called now and then with the downloaded bytes and the
                         total, or None if that is unknown.
        :returns: a Deferred that fires with the number of bytes.
        """
        return transfer(progress, lambda report: FileDownload(
            self.client, file, offset, report).run(destination))

    def cg_import(self, metadata: Any, files: Files, *,
                  cg: str | None = None, reserve: bool = True,
                  token: str | None = None,
                  directory: str | None = None, concurrency: int = 4,
                  progress: ByteListener | None = None
                  ) -> Deferred[Build]:
        """
        Import the build of a content generator. You have to be logged in.

        The build is reserved (hub method ``CGInitBuild``), its files are
        uploaded, and the build is imported (``CGImport``). If a step fails or
        is canceled, the reservation is released (``CGRefundBuild``). If the
        hub does not see the uploaded files yet, as on a network file system,
        it is asked again for about a minute. Metadata that exceeds a request
        (4 MiB of XML) is uploaded as a file. Canceling does not stop an import
        that runs on the hub.

        :param metadata: a dictionary, or JSON, as Koji's documentation of
                         content generators describes it.
        :param files: the paths of the files in ``output``: a list, or a
                      dictionary by ``filename`` of the metadata.
        :param cg: the name of the content generator. None means the one of all
                   ``buildroots`` in the metadata.
        :param reserve: whether to reserve the build. A build with a
                        ``build_id`` in the metadata is reserved already.
        :param token: the token of that reservation. The caller has to release
                      it.
        :param directory: the folder below the hub's folder for uploads; None
                          for a new one.
        :param concurrency: number of simultaneous uploads, each in a session
                            of its own.
        :param progress: called with the uploaded bytes of all files and the
                         total.
        :returns: a Deferred that fires with the `Build`.
        :raises KojiImportError: if the metadata is malformed, or does not
                                 match the files; nothing is sent.
        :raises ActionNotAllowed: if you are not logged in; nothing is sent.
        :raises TypeError: if XML-RPC cannot carry the metadata; nothing is
                           sent.
        :raises ValueError: if ``concurrency`` is below 1.
        :raises GenericError: if the hub refuses the import.
        :raises UploadError: if a file does not arrive.
        :raises OSError: if a file cannot be read.
        """
        return transfer(progress, lambda report: import_build(
            self.client, metadata, files, cg=cg, reserve=reserve, token=token,
            directory=directory, concurrency=concurrency, progress=report))

    def follow(self, task_id: TaskOrId, *, descendents: bool = False,
               names: str = '*log', split_at_returns: bool = False
               ) -> Follow:
        """
        Iterate over the lines of a task's logs while they grow.

        The iteration ends when the task has finished::

            async for line in koji.follow(6476):
                print(line.text)

        All followed tasks of a connection are polled together, every
        ``poll_interval`` seconds (an option of the profile), also through
        outages of the hub. See `txkoji.files.follow.Follow`.

        :param task_id: the task, or its id.
        :param descendents: whether to follow the descendents of the task, too.
                            Then the iteration ends when all of them have
                            finished.
        :param names: a shell pattern for the names of the logs.
        :param split_at_returns: whether a lone carriage return ends a line,
                                 too, as progress bars in logs have them.
        :raises TypeError: at once, if the argument is neither a task nor an
                           id.
        :raises GenericError: if no task has this id.
        """
        return Follow(self.client, self._log_poller, task_id,
                      descendents=descendents, names=names,
                      split_at_returns=split_at_returns)

    # Waiting

    @overload
    def wait(self, tasks: TaskOrId, timeout: float | None = None
             ) -> Deferred[Task]: ...

    @overload
    def wait(self, tasks: Iterable[TaskOrId], timeout: float | None = None
             ) -> Deferred[list[Task]]: ...

    def wait(self, tasks: TaskOrId | Iterable[TaskOrId],
             timeout: float | None = None) -> Deferred[Any]:
        """
        Wait until tasks or builds have finished.

        A failed task or build is no error here; see `Task.get_result`. One
        call polls all tasks that the connection waits for, every
        ``poll_interval`` seconds (an option of the profile), also through
        outages of the hub.

        :param tasks: a task or its id, a `Build`, or a list of these.
        :param timeout: seconds; None for no limit.
        :returns: a Deferred that fires with a `Task` or a `Build`, or with a
                  list of these in the given order. Canceling it cancels no
                  task.
        :raises CallTimeout: when the time is over. The tasks go on.
        :raises GenericError: if there is no such task or build.
        :raises KojiException: if the hub refuses the call, or is unreachable
                               for a reason other than an outage.
        """
        return wait_for(self._poller, tasks, timeout)

    def task_changed(self, task_id: int) -> None:
        """
        Poll a task soon, if the connection waits for it.

        Programs call this when they hear of a change on the message bus.

        :param task_id: the id of the task.
        """
        self._poller.wake(task_id)

    def watch(self, task: TaskOrId) -> Changes:
        """
        Iterate over the state changes of a task and its descendents.

        The iteration ends when the task has finished. See
        `txkoji.waiting.changes.Changes`.

        :param task: the task, or its id.
        :raises TypeError: at once, if the argument is neither a task nor an
                           id.
        :raises GenericError: if no task has this id.
        """
        return Changes(self.client, task)

    def wait_repo(self, tag: int | str, nvrs: Iterable[str] = (),
                  after_event: int | None = None,
                  timeout: float | None = None, *,
                  min_event: MinEvent = None,
                  request: bool | None = None) -> Deferred[Repo]:
        """
        Wait for a repository of a tag to build with.

        This is the command ``koji wait-repo``. An existing repository may
        suffice. Otherwise this waits until the builds are in the tag, and then
        for a repository that is not older than the tag's last change. Since
        Koji 1.35, hubs create repositories of most tags on request only, and
        repositories with options of their own do not count.

        :param tag: the id or the name of the tag.
        :param nvrs: builds that have to be in the repository, as
                     name-version-release. A later build of the same package
                     does not matter.
        :param after_event: a ``min_event`` of one more.
        :param timeout: seconds; None for no limit.
        :param min_event: the first event that the repository may be of; "last"
                          for the tag's last change until now. None means
                          "last" without ``nvrs``, and any event with ``nvrs``.
        :param request: whether to request a repository. None means to request
                        it when logged in to a hub of version 1.35 or later.
        :returns: a Deferred that fires with a `Repo`.
        :raises CallTimeout: when the time is over.
        :raises ValueError: if both ``after_event`` and ``min_event`` are
                            given, or an argument is invalid.
        :raises KojiLoginException: if ``request`` is true, and you are not
                                    logged in.
        :raises GenericError: if the request ends without a repository (the
                              text names its task), if there is no such tag, or
                              if ``request`` is true and the hub is older than
                              1.35.
        """
        return wait_for_repo(self.client, tag, nvrs, after_event, timeout,
                             min_event, request)

    def wait_tagged(self, builds: BuildKey | Iterable[BuildKey],
                    tag: int | str, timeout: float | None = None, *,
                    inherit: bool = False) -> Deferred[list[Build]]:
        """
        Wait until builds are in a tag.

        :param builds: a `Build`, an id or a name-version-release, or several.
                       A build that is given by its name-version-release need
                       not exist yet.
        :param tag: the id or the name of the tag.
        :param timeout: seconds; None for no limit.
        :param inherit: whether inherited builds count.
        :returns: a Deferred that fires with a list of `Build`.
        :raises CallTimeout: when the time is over.
        :raises BuildError: if a build fails, is canceled or is deleted
                            meanwhile, and at once if a `Build` or an id is of
                            such a build. (A build that failed before may be
                            built again under its name-version-release.)
        :raises GenericError: if there is no such tag, or no build of an id.
        """
        return wait_until_tagged(self.client, builds, tag, timeout, inherit)

    # Builds from start to end

    @overload
    def submit_build(self, source: str | None, target: str | None, *,
                     srpm: Local | None = ...,
                     scratch: Literal[False] = ...,
                     wait_repo: bool = ...,
                     arch_override: str | Iterable[str] | None = ...,
                     priority: int | None = ..., channel: str | None = ...,
                     opts: Mapping[str, Any] | None = ...,
                     progress: ByteListener | None = ...
                     ) -> Deferred[Submission[Build]]: ...

    @overload
    def submit_build(self, source: str | None, target: str | None, *,
                     srpm: Local | None = ..., scratch: Literal[True],
                     wait_repo: bool = ...,
                     arch_override: str | Iterable[str] | None = ...,
                     priority: int | None = ..., channel: str | None = ...,
                     opts: Mapping[str, Any] | None = ...,
                     progress: ByteListener | None = ...
                     ) -> Deferred[Submission[list[File]]]: ...

    @overload
    def submit_build(self, source: str | None, target: str | None, *,
                     srpm: Local | None = ..., scratch: bool,
                     wait_repo: bool = ...,
                     arch_override: str | Iterable[str] | None = ...,
                     priority: int | None = ..., channel: str | None = ...,
                     opts: Mapping[str, Any] | None = ...,
                     progress: ByteListener | None = ...
                     ) -> Deferred[Submission[Build | list[File]]]: ...

    def submit_build(self, source: str | None, target: str | None, *,
                     srpm: Local | None = None, scratch: bool = False,
                     wait_repo: bool = False,
                     arch_override: str | Iterable[str] | None = None,
                     priority: int | None = None, channel: str | None = None,
                     opts: Mapping[str, Any] | None = None,
                     progress: ByteListener | None = None
                     ) -> Deferred[Submission[Any]]:
        """
        Start a build. You have to be logged in.

        For example::

            submission = await koji.submit_build(
                'git+https://src.example.com/rpms/zsh.git#9a2f7fc', 'f44')
            build = await submission.done()

        Mistakes that would let the task fail later are refused at once: an
        unknown target, a locked tag, and an uploaded package that the tag does
        not list. If the call is canceled, also the task that the hub may have
        made is canceled, which has 30 seconds. (An uploaded file stays: hubs
        have no method to remove it.)

        :param source: the URL of the source, with a commit; None if ``srpm``
                       is given.
        :param target: the name of the build target. None, with a ``repo_id``
                       in ``opts``, builds without tagging.
        :param srpm: a source package to upload: the name of a file, or a file
                     that is open in binary mode.
        :param scratch: whether to keep no build, only its files for a while.
        :param wait_repo: whether the task waits for a newer repository.
        :param arch_override: architectures to build for (scratch builds only).
        :param priority: added to Koji's default priority: above 0 is later;
                         below 0 is for administrators.
        :param channel: the name of a channel.
        :param opts: further options of the hub method ``build``, such as
                     ``repo_id``, ``skip_tag``, ``draft`` or ``fail_fast``.
                     (``scratch`` is refused there.)
        :param progress: called after each uploaded chunk with the bytes on the
                         hub and the total.
        :returns: a Deferred that fires with a
                  `txkoji.submissions.submit.Submission`.
        :raises ValueError: if the arguments contradict each other.
        :raises ActionNotAllowed: if you are not logged in, may not use the
                                  priority, or the tag is locked.
        :raises GenericError: if there is no such target, or the hub refuses
                              the build.
        :raises BuildError: if the tag does not list the uploaded package.
        :raises UploadError: if the package does not arrive intact.
        """
        order = Order(target, options(
            opts, scratch=scratch, wait_repo=wait_repo,
            arch_override=arch_override), priority, channel, scratch)
        return transfer(progress, lambda report: submit_build(
            self.client, self, source, order, srpm, report))

    def submit_chain(self, sources: Groups, target: str, *,
                     priority: int | None = None, channel: str | None = None,
                     opts: Mapping[str, Any] | None = None
                     ) -> Deferred[ChainSubmission]:
        """
        Start a chain build. You have to be logged in.

        The builds of a group are built simultaneously, and with the builds of
        the groups before it::

            chain = await koji.submit_chain(
                [[lib_source], [app_source, tool_source]], 'f44')
            builds = await chain.done()

        :param sources: the groups. A source is an URL with a commit, or the
                        name-version-release of a build to wait for. A chain
                        takes no uploaded packages.
        :param target: the name of the build target.
        :param priority: as of `submit_build`; likewise the other parameters.
        :returns: a Deferred that fires with a
                  `txkoji.submissions.submit.ChainSubmission`.
        :raises ValueError: if the sources are malformed.
        :raises ActionNotAllowed: as by `submit_build`.
        :raises GenericError: if there is no such target, if its build tag does
                              not inherit from its destination, or if the hub
                              refuses the build.
        """
        return Deferred.fromCoroutine(submit_chain(
            self.client, self, sources,
            Order(target, options(opts), priority, channel)))

    def estimate(self, tasks: Iterable[Task | Build]
                 ) -> Deferred[list[Estimate | None]]:
        """
        Estimate when tasks and builds will end, and how sure that is.

        For example::

            for task, end in zip(tasks, await koji.estimate(tasks)):
                if end is not None:
                    print(task.title, end.earliest, end.latest, end.why)

        The queues of all tasks are looked at once, and are played forward many
        times, with random durations from the scatter of earlier builds. See
        `Task.estimate_completion`. The computation gives way to the reactor
        every 5 ms. The builds of a package that are looked at are its last 20,
        which is 40 kB of answers for a package. A `Build` is estimated as if
        none of its tasks waited for a host; its task knows more.

        :param tasks: the tasks and builds, in any state.
        :returns: a Deferred that fires with a list of
                  `txkoji.estimates.Estimate`, in the order of the tasks. It
                  has None for a task whose end is unknown, as that of
                  ``estimate_completion()``, and if the hub refuses to tell the
                  average of its package. Canceling it ends all calls.
        :raises AnswerError: if the hub's answers about hosts and tasks are
                             invalid.
        """
        return Deferred.fromCoroutine(
            estimate_all(self.client, list(tasks)))

    def find_failure(self, task: TaskOrId) -> Deferred[TaskFailure | None]:
        """
        Find out why a task failed.

        For example::

            failure = await koji.find_failure(6474)
            for step in failure.steps:
                print(step.arch, step.host, step.error, step.logs[0].url)
            print(await failure.summary())

        :param task: the task, or its id.
        :returns: a Deferred that fires with a
                  `txkoji.submissions.failure.TaskFailure`; with None if the
                  task has succeeded, or if nothing has failed yet.
        :raises GenericError: if there is no such task.
        :raises TypeError: if the argument is neither a task nor an id.
        """
        async def find() -> TaskFailure | None:
            return await find_failure(self.client, task_number(task))

        return Deferred.fromCoroutine(find())

    # Tags, and the past

    def at(self, when: int | datetime) -> HistoryView:
        """
        Give a view of the hub as it was at an event.

        For example::

            before = koji.at(datetime(2026, 11, 1, tzinfo=timezone.utc))
            builds = await before.listTagged('f43-updates')

        See `txkoji.history.HistoryView`, also for members that are of the
        present all the same. Results go on with the connection, so that their
        methods answer from the present.

        :param when: the id of an event, or an aware datetime: then the last
                     event before it.
        :raises ValueError: if the datetime has no timezone, or is in the
                            future.
        :raises TypeError: if it is neither an id nor a datetime.
        """
        return HistoryView(self.client, when)

    @property
    def side_tags(self) -> SideTags:
        """
        The `SideTags` of the hub: list, create, edit and remove them.

        For example::

            for tag in await koji.side_tags.list(user='alice'):
                print(tag.name)
        """
        return SideTags(self.client)

    def side_tag(self, base: int | str, *, debuginfo: bool = False,
                 suffix: str | None = None, wait_repo: bool = True,
                 timeout: float | None = None) -> SideTag:
        """
        Use a side tag for a while. You have to be logged in.

        For example::

            async with koji.side_tag('f44-build') as tag:
                submission = await koji.submit_build(source, tag.name)
                build = await submission.done()

        The tag is created, with a build target of the same name, and this
        waits for its repository. At the end the tag is removed, also after an
        error or a cancellation. The removal has 30 seconds. If it fails after
        an error, the name of the tag is logged.

        :param base: the id or the name of the tag that it inherits from.
        :param debuginfo: whether its repositories have packages with debugging
                          information.
        :param suffix: the end of its name, one that the hub allows.
        :param wait_repo: whether to wait for its repository.
        :param timeout: seconds for that; None for no limit.
        :raises ActionNotAllowed: if you are not logged in, or a policy of the
                                  hub is against it.
        :raises GenericError: if there is no such tag, or if the hub has no
                              side tags.
        :raises CallTimeout: if there is no repository in time.
        """
        return SideTag(self.client, base, debuginfo=debuginfo, suffix=suffix,
                       wait_repo=wait_repo, timeout=timeout)

    def changes(self, tag: int | str, since: int | datetime, *,
                inherit: bool = False, tables: Sequence[str] | None = None
                ) -> Deferred[list[TagChange]]:
        """
        List the changes of a tag, oldest first.

        For example::

            for change in await koji.changes('f44', since=13546):
                print(change.time, change.user, change.nvr, change.begins)

        :param tag: the id or the name of the tag.
        :param since: the id of an event, or an aware datetime. Changes after
                      it are listed.
        :param inherit: whether to list the changes of the tags that it
                        inherits from, now or at the beginning. They need not
                        matter to the tag itself: it may block a package.
        :param tables: tables of the hub's history, such as "tag_listing" for
                       builds only. None means builds, packages, owners,
                       inheritance, configuration, external repositories and
                       groups.
        :returns: a Deferred that fires with a list of
                  `txkoji.tags.changes.TagChange`.
        :raises GenericError: if there is no such tag.
        :raises ValueError: if the datetime has no timezone.
        """
        return Deferred.fromCoroutine(list_changes(
            self.client, tag, since, inherit, tables))

    # Options

    def with_options(self: Self, *, write: bool | None = None,
                     timeout: float | None = None,
                     deadline: float | None = None,
                     progress: Listener | None = None,
                     page_size: int | None = None) -> Self:
        """
        Give a view of the connection with other options for its calls.

        For example::

            await koji.with_options(timeout=30).getTag('f44')

        Options that are not given stay as they are. Results go on with the
        connection, not with the view.

        :param write: whether the calls change something on the hub, for
                      methods that the library would take for the contrary,
                      such as those of plugins.
        :param timeout: seconds for one attempt.
        :param deadline: seconds for a call with all attempts.
        :param progress: called now and then, by `iterate`, `pages` and
                         `MultiCall`, with the number of items, the number of
                         bytes, and the total number of items, or None if that
                         is unknown.
        :param page_size: items of a page of `pages`.
        :raises ConfigurationError: if a number is not above 0, or a value has
                                    the wrong type.
        """
        view = copy.copy(self)
        view.client = self.client.with_options(
            write=write, timeout=timeout, deadline=deadline,
            progress=progress, page_size=page_size)
        return view

    # The session

    @property
    def url(self) -> str:
        """The URL of the hub; that with https, after a login by http."""
        return self.client.url

    @property
    def session_id(self) -> int | None:
        """The id of the session, or None when not logged in."""
        info = self.client.session_info
        return None if info is None else info.id

    @property
    def session_key(self) -> str | None:
        """The key of the session, which is secret, or None."""
        info = self.client.session_info
        return None if info is None else info.key

    @property
    def callnum(self) -> int | None:
        """The number of the next write, or None when not logged in."""
        return self.client.callnum

    @property
    def stats(self) -> Stats:
        """The current numbers of the connection, for a status page."""
        return self.client.stats

    def login(self, authtype: str | None = None, *,
              allow_http: bool = False, **given: Any) -> Deferred[bool]:
        """
        Log in, by the method of the profile.

        Without one, the method is chosen as Koji's own command chooses it: the
        certificate of the profile's ``cert`` if that file exists, else user
        and password if given, else Kerberos.

        The hub's certificate is verified first. Later calls are made as the
        user. The session is renewed with the same credentials when it expires.
        Simultaneous calls share one login. When already logged in, this fires
        at once.

        :param authtype: "ssl", "kerberos", "password" or "noauth"; None for
                         the method of the profile.
        :param allow_http: whether to send credentials unencrypted to a hub
                           with an http URL on this machine. Other http URLs
                           become https.
        :param given: settings that replace those of the profile: ``user``,
            ``password``; ``cert`` (the path of a PEM file with certificate and
            key); ``principal``, ``keytab`` (a path), ``ccache`` (a name such
            as "FILE:/tmp/cc"); ``proxyuser`` (a user to act for, if the hub
            allows it) and ``proxyauthtype``.
        :returns: a Deferred that fires with True, or with False for "noauth".
        :raises GSSAPIAuthError: if Kerberos fails; the text has the reason.
        :raises AuthError: if the hub refuses the credentials.
        :raises KojiLoginException: if the front server refuses the login (a
                                    `LoginHTTPError`), or if you are logged in
                                    as somebody else.
        :raises ConfigurationError: if the certificate cannot be used, or an
                                    argument is missing or unknown.
        """
        return Deferred.fromCoroutine(self.client.login(
            authtype, allow_http=allow_http, **given))

    def logout(self, session_id: int | None = None) -> Deferred[None]:
        """
        End the session on the hub, after its queued writes.

        Later reads are anonymous. Writes that are queued meanwhile fail.

        :param session_id: another session, which is ended instead: one of the
                           same user, or any session for an administrator.
        :returns: a Deferred that fires with None when the session has ended on
                  the hub, and at once when not logged in.
        """
        return self.client.logout(session_id)

    def new_session(self: Self) -> Deferred[Self]:
        """
        Make another connection, logged in as the same user.

        Its writes run beside those of the first, where the writes of one
        connection run one after the other. It shares the network connections,
        and is closed with the first.

        :returns: a Deferred that fires with the Connection.
        :raises KojiLoginException: if you are not logged in.
        """
        return Deferred.fromCoroutine(self._new_session())

    async def _new_session(self: Self) -> Self:
        other = copy.copy(self)
        other.client = other._whole = await self._whole.new_session(other)
        other._poller = Poller(other.client)
        other._log_poller = LogPoller(other.client)
        return other

    def hub_version(self) -> Deferred[str | None]:
        """
        Get the version of the hub, such as "1.35.3".

        :returns: a Deferred that fires with the version; with None for hubs
                  before 1.23, which do not tell it.
        """
        return Deferred.fromCoroutine(self.client.hub_version())

    def close(self, logout: bool = False) -> Deferred[None]:
        """
        Close the connection.

        Listeners on the message bus end first, and have 30 seconds for the
        events they work on. Pending and later calls fail with
        `ConnectionClosed`. A Connection that is dropped without this does
        nothing on the network: the hub ends its session later.

        :param logout: whether to end the session on the hub.
        :returns: a Deferred that fires with None when no network connection is
                  open. Canceling it closes at once what is still open.
        """
        return Deferred.fromCoroutine(self._close(logout))

    async def _close(self, logout: bool) -> None:
        try:
            if self.events.owner is self.client.owner:
                await self.events.close()
        except CancelledError:
            # The caller does not wait, but everything has to be closed.
            logout = False
            raise
        finally:
            await self.client.close(logout)

    # A hub method with an addition of ours (as are those of `HubMethods`)

    if not TYPE_CHECKING:

        def listBuilds(self, packageID: int | str | None = None, *args: Any,
                       **kwargs: Any) -> Deferred[Any]:
            """
            List builds.

            :param packageID: the id or the name of a package; None for all
                              packages. (The name is looked up first, since
                              older hubs take ids only.)
            :param kwargs: ``state``, ``userID``, ``queryOpts`` and so on, as
                           for the hub method.
            :returns: a Deferred that fires with a list of `Build`, which is
                      empty if there is no such package.
            """
            return self.client.listBuilds(packageID, *args, **kwargs)

    # Profiles

    def lookup(self, profile: str, setting: str) -> str | None:
        """
        Look up a setting in Koji's configuration files.

        :param profile: the name of a profile.
        :param setting: the name of the option, such as "weburl".
        :returns: its text, or None. (`settings` has typed values with
                  defaults.)
        :raises ConfigurationError: if a file is malformed.
        """
        parser = config_files.read_files(PROFILES)
        return config_files.setting(parser, profile, setting, PROFILES)

    # Links

    @classmethod
    def connect_from_web(cls: type[Self], url: str, **kwargs: Any
                         ) -> Self | None:
        """
        Make a connection to the hub whose kojiweb or files a link points to.

        :param url: the link, as people paste it into a chat.
        :param kwargs: further arguments of the Connection.
        :returns: a Connection, or None if no profile has this site.
        :raises ConfigurationError: if a file is malformed.
        """
        site = web.find_site(profiles.usable_profiles(PROFILES), url)
        return None if site is None else cls(site, **kwargs)

    def from_web(self, url: str) -> Deferred[dict[str, Any] | None]:
        """
        Get the object that a page of kojiweb, or a file of the hub, shows.

        A link to a search gives the rows of its first page. Of links below the
        topurl, a folder gives the `Build`, `Task`, `Repo` or `Package` that it
        belongs to, and a package's file, signed or not, gives the `RPM`. Other
        files give a `txkoji.files.file.File`, whose ``about`` is the
        `txkoji.builds.archives.BuildArchive`, the `Build` or the `Task`.

        :param url: a link to the page of a build, a task, a tag and so on, by
                    id or, where the page takes one, by name; or to a file.
                    Brackets, quotation marks and punctuation around the link
                    are ignored; a text with more than a link is not one (see
                    `find_links`).
        :returns: a Deferred that fires with the object; with None if there is
                  no such object, or if the link cannot be read.
        """
        return Deferred.fromCoroutine(get_linked(self, url))

    # Files under the topurl

    def file_exists(self, file: File) -> Deferred[bool]:
        """
        Ask the file server whether a file is under the topurl.

        :param file: the file.
        :returns: a Deferred that fires with True or False.
        :raises HTTPError: on a status that says neither.
        :raises DownloadError: if the file is a folder.
        :raises TransportError: if the server cannot be reached.
        :raises ConfigurationError: if the profile has no usable topurl.
        """
        return Deferred.fromCoroutine(file_exists(self.client, file))

    # Links in texts

    def find_links(self, text: str, limit: int = LIMIT
                   ) -> Deferred[list[Link]]:
        """
        Get what the links in a text show, such as a message in a chat.

        Links to other sites are ignored. Calls for several links are sent
        together.

        :param text: the text: plain, Markdown, HTML or a chat's.
        :param limit: how many links to the hub are looked at.
        :returns: a Deferred that fires with a list of `txkoji.links.Link`,
                  each link once, in their order. Their ``value`` is that of
                  `from_web`; if the hub refuses a call, such as a search with
                  a bad pattern, the link has an ``error``.
        """
        return Deferred.fromCoroutine(find_links(self, text, limit))

    # Users

    def whoami(self) -> Deferred[CurrentUser]:
        """
        Ask for the user of the session, with permissions and groups, at once.

        :returns: a Deferred that fires with a `txkoji.whoami.CurrentUser`.
        :raises KojiLoginException: if we are not logged in.
        """
        return Deferred.fromCoroutine(whoami(self))
