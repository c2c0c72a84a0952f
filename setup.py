"""Installs txkoji."""
import re

from setuptools import find_packages, setup

with open('README.rst', encoding='utf-8') as readme:
    LONG_DESCRIPTION = readme.read()

# Not by importing the package: its dependencies may not be installed yet.
with open('txkoji/__init__.py', encoding='utf-8') as package:
    VERSION = re.search("^__version__ = '(.+)'$", package.read(),
                        re.MULTILINE).group(1)

setup(
    name='txkoji',
    version=VERSION,
    description='Twisted client library for the Koji build system',
    long_description=LONG_DESCRIPTION,
    long_description_content_type='text/x-rst',
    author='the txkoji developers',
    project_urls={
        'Releases': 'https://pypi.org/project/txkoji/',
        'Koji': 'https://koji.build/',
    },
    keywords='koji twisted async asynchronous xmlrpc rpm fedora centos build',
    license='MIT',
    packages=find_packages(include=['txkoji', 'txkoji.*']),
    package_data={
        'txkoji': ['py.typed'],
        'txkoji.testing': ['sample/*'],
    },
    entry_points={
        'pytest11': ['txkoji = txkoji.testing.pytest_plugin'],
    },
    python_requires='>=3.10',
    # `tox -e lowest` runs the tests with the lowest of these versions.
    install_requires=[
        'cryptography>=42',
        'httptools>=0.6.4',
        'idna>=3.0',
        'munch>=4.0',
        'pyOpenSSL>=24.3',
        'service_identity>=23.1',
        'treq>=24.9',
        'twisted[tls]>=25.5',
    ],
    extras_require={
        # Built with Kerberos' headers.
        'gssapi': ['requests-gssapi>=1.3'],
        'amqp': ['pika>=1.3.2'],
        'fedora-messaging': ['fedora-messaging>=3.6'],
        'metrics': ['prometheus-client>=0.14'],
        # For examples only.
        'plot': ['matplotlib>=3.10.7'],
        'progress': ['rich>=13'],
    },
    # The Pythons that `tox` runs the tests on.
    classifiers=[
        'Development Status :: 4 - Beta',
        'Framework :: Pytest',
        'Framework :: Twisted',
        'Intended Audience :: Developers',
        'Intended Audience :: System Administrators',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Programming Language :: Python :: Implementation :: CPython',
        'Topic :: Software Development :: Build Tools',
        'Topic :: System :: Software Distribution',
        'Typing :: Typed',
    ],
)
