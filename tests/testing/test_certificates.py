"""The certificates of a FakeHub."""
from __future__ import annotations

from OpenSSL.crypto import X509Store, X509StoreContext, X509StoreFlags
from twisted.internet.ssl import Certificate, PrivateCertificate
from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder
from txkoji.testing.certificates import Authority


class StrictTests(SynchronousTestCase):
    """As the newest Pythons verify them."""

    def test_strict(self) -> None:
        """Each is valid by the letter of RFC 5280, which 3.13 minds."""
        authority = Authority(folder(self))
        store = X509Store()
        store.set_flags(X509StoreFlags.X509_STRICT)
        with open(authority.path, 'rb') as file:
            store.add_cert(Certificate.loadPEM(file.read()).original)
        for name, server in [('localhost', True), ('alice', False)]:
            with open(authority.issue(name, server), 'rb') as file:
                issued = PrivateCertificate.loadPEM(file.read())
            X509StoreContext(store, issued.original).verify_certificate()
