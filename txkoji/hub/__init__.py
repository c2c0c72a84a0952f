"""
Connecting to a hub, and logging in.

Profiles
--------

A `Connection` finds its hub in Koji's configuration files, by the name of a
profile, as the ``koji`` command does:

.. code-block:: python

    from txkoji import Connection, Profile

    koji = Connection('fedora')

The files are ``/etc/koji.conf.d/*.conf``, ``/etc/koji.conf``,
``~/.koji/config.d/*.conf`` and ``~/.koji/config``. If several files set an
option, the last file counts. Without a file, pass a `Profile`. Its options
have Koji's names and, but for four, Koji's defaults; `txkoji.hub.profile`
names the four:

.. code-block:: python

    koji = Connection(Profile('mykoji',
                              server='https://koji.example.com/kojihub',
                              weburl='https://koji.example.com/koji'))

The arguments of `Connection` set time limits, the number of simultaneous
requests, the largest answer, and a forward proxy.

For trials and tests, `txkoji.testing` has a hub with sample data of a real
one:

.. code-block:: python

    from twisted.internet.task import Clock
    from txkoji.testing import FakeHub

    hub = FakeHub(clock=Clock())
    koji = hub.connection()

Leaving an ``async with`` closes a Connection. Otherwise call
`Connection.close`, which fires when no network connection is open.

Logging in
----------

`Connection.login` logs in by the method of the profile, or as the ``koji``
command would: with the client certificate ``cert`` of the profile, with a
password, or with Kerberos:

.. code-block:: python

    await koji.login()              # True
    user = await koji.getLoggedInUser()
    user and user.name              # alice

Arguments replace options of the profile: ``login('kerberos',
keytab='/etc/bot.keytab', principal='bot@EXAMPLE.COM')``, ``login(user='bot',
password='...')``.

`Connection.whoami` asks for the user, the permissions and the groups at once:

.. code-block:: python

    me = await koji.whoami()
    me.has_permission('repo')       # True
    me.has_permission('sign')       # False

The hub's certificate is verified first. Credentials are sent over TLS only:
for a login, a hub with an http URL is asked over https. When the session
expires, it is renewed with the same credentials, and the affected calls go on.
`Connection.logout` and ``close(logout=True)`` end the session.

Kerberos needs ``pip install 'txkoji[gssapi]'``, which needs a compiler and the
Kerberos headers: ``libkrb5-dev`` on Debian, ``krb5-devel`` on Fedora.

Writes
------

Reads of a logged-in Connection run side by side. Writes are sent one after the
other, each with a number by which the hub detects a repetition. If the answer
to a write is lost, the write is sent again, and done once: a hub that has done
it already says so, and the call fails with `RetryError`.

For simultaneous writes, make more sessions with `Connection.new_session`:

.. code-block:: python

    from twisted.internet.defer import gatherResults

    other = await koji.new_session()
    users = await gatherResults(
        [koji.getLoggedInUser(), other.getLoggedInUser()])
    [each and each.name for each in users]    # ['alice', 'alice']

The library knows reads by their names, such as ``get...`` and ``list...``, and
takes other methods for writes. For the methods of plugins,
`Connection.with_options` has the argument ``write``.

Proxies and certificates
------------------------

Calls, logins and files use the forward proxy of ``https_proxy``,
``http_proxy`` or ``all_proxy``, except for the hosts of ``no_proxy``, as
Koji's own client does. ``Connection(..., proxy=URL)`` sets another proxy, and
``proxy=''`` none. The URL of a proxy begins with ``http://``, and may contain
a user and a password.

The hub is verified against the ``serverca`` of the profile, a PEM file
(``TRUSTED CERTIFICATE`` included) or a directory of ``openssl rehash``.
Without ``serverca``, the certificates are those of ``REQUESTS_CA_BUNDLE`` or
``CURL_CA_BUNDLE``, or else those of the system. HTTP 307 and 308 are followed
to https, and to other paths on the same host. Any other redirect is an error.

The modules of this package
---------------------------

The package sends calls, and knows nothing about builds or tasks. From the top
floor down, each module or package uses those below::

    calls                      reads in parallel, writes one after the other
    limits                     deadlines, and the close of a Connection
    session                    login, signed calls, renewal, logout
    transport                  requests and downloads, a limited number at once
    retries, backoff           new attempts after an outage
    http                       one request and its answer, over a connection
    codec                      XML-RPC: bytes to Python values, and back
    reads, outcome, faults     the facts about methods, attempts and faults
    profile, config_files      Koji's configuration files
    stats, deferreds           small tools

The features are above, beside `txkoji.connection`. The errors are below, in
`txkoji.exceptions`.
"""
