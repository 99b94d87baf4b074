/** By what Linux calls their type (`man 2 statfs`). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
]);

/** @param type as `statfs` gives it, with or without a sign */
export function networkFileSystemOf(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}
