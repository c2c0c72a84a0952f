"""
Rows of a new hub's database, and the permissions of the sample's users.

No recorded answer has the permissions.
"""
from __future__ import annotations

from typing import Any

#: The permissions of a hub, by id.
PERMISSIONS = {
    1: 'admin', 2: 'appliance', 3: 'dist-repo', 4: 'host', 5: 'image',
    6: 'image-import', 7: 'livecd', 8: 'maven-import', 9: 'repo', 10: 'sign',
    11: 'tag', 12: 'target', 13: 'win-admin', 14: 'win-import',
    15: 'draft-promoter', 16: 'livemedia', 17: 'runroot'}

#: What they are for.
DESCRIPTIONS = {
    'admin': 'Full administrator access. Perform all actions.',
    'appliance': 'Create appliance builds - deprecated.',
    'dist-repo': 'Create a dist-repo.',
    'host': 'Add, remove, edit hosts and channels.',
    'image': 'Start image tasks.',
    'image-import': 'Import image archives.',
    'livecd': 'Start livecd tasks.',
    'maven-import': 'Import maven archives.',
    'repo': 'Manage repos: newRepo, repoExpire, repoDelete, repoProblem.',
    'sign': 'Import RPM signatures and write signed RPMs.',
    'tag': 'Manage packages in tags: add, block, remove, and clone tags.',
    'target': 'Add, edit, and remove targets.',
    'win-admin': 'The default hub policy rule for "vm" requires this'
                 ' permission to trigger Windows builds.',
    'win-import': 'Import win archives.',
    'draft-promoter': 'The permission required in the default'
                      ' "draft_promotion" hub policy rule to promote draft'
                      ' build.'}

#: The ids of users of the sample -> their permissions.
GRANTED: dict[int, tuple[str, ...]] = {
    1: ('admin', 'image', 'livecd', 'livemedia', 'appliance'),
    2: ('livemedia', 'image', 'livecd', 'appliance', 'repo', 'dist-repo',
        'win-admin', 'runroot'),
    12: ('repo',),
    15: ('sign', 'tag', 'target')}

#: The types of builds, by id.
BTYPES = {1: 'rpm', 2: 'maven', 3: 'win', 4: 'image', 5: 'module',
          6: 'operator-manifests', 7: 'remote-sources'}

#: The types of archives: id, name, description, extensions, compression.
ARCHIVE_TYPES = (
    (1, 'jar', 'Jar file', 'jar war rar ear sar kar jdocbook'
     ' jdocbook-style plugin', 'zip'),
    (2, 'zip', 'Zip file', 'zip', 'zip'),
    (3, 'pom', 'Maven Project Object Management file', 'pom', None),
    (4, 'tar', 'Tar file', 'tar tar.gz tar.bz2 tar.xz tgz', 'tar'),
    (5, 'xml', 'XML file', 'xml', None),
    (6, 'xsd', 'XML Schema Definition', 'xsd', None),
    (7, 'spec', 'RPM spec file', 'spec', None),
    (8, 'exe', 'Windows executable', 'exe', None),
    (9, 'dll', 'Windows dynamic link library', 'dll', None),
    (10, 'lib', 'Windows import library', 'lib', None),
    (11, 'sys', 'Windows device driver', 'sys', None),
    (12, 'inf', 'Windows driver information file', 'inf', None),
    (13, 'cat', 'Windows catalog file', 'cat', None),
    (14, 'msi', 'Windows Installer package', 'msi', None),
    (15, 'pdb', 'Windows debug information', 'pdb', None),
    (16, 'oem', 'Windows driver oem file', 'oem', None),
    (17, 'iso', 'CD/DVD Image', 'iso', None),
    (18, 'raw', 'Raw disk image', 'raw', None),
    (19, 'qcow', 'QCOW image', 'qcow', None),
    (20, 'qcow2', 'QCOW2 image', 'qcow2', None),
    (21, 'vmx', 'VMX image', 'vmx', None),
    (22, 'xsl', 'XSL template', 'xsl', None),
    (23, 'ova', 'OVA image', 'ova', None),
    (24, 'json', 'JSON data', 'json', None))

#: The signatures of the sample's RPMs: id of the RPM, key, hash.
SIGNATURES = ((13, '', '0b0143ce913b335d9d54e4795625ae98'),)


def initial(table: str, sample: bool) -> list[dict[str, Any]]:
    """
    Get the first rows of a table that is not recorded.

    :param sample: whether with those of the sample.
    """
    if table == 'permissions':
        return [{'id': number, 'name': name,
                 'description': DESCRIPTIONS.get(name)}
                for number, name in PERMISSIONS.items()]
    if table == 'btypes':
        return [{'id': number, 'name': name}
                for number, name in BTYPES.items()]
    if table == 'archive_types':
        return [dict(zip(('id', 'name', 'description', 'extensions',
                          'compression_type'), row))
                for row in ARCHIVE_TYPES]
    if table == 'user_perms' and sample:
        return [{'user_id': user, 'perm_id': number}
                for user, names in GRANTED.items()
                for number, name in PERMISSIONS.items() if name in names]
    if table == 'rpmsigs' and sample:
        return [dict(zip(('rpm_id', 'sigkey', 'sighash'), row))
                for row in SIGNATURES]
    return []
