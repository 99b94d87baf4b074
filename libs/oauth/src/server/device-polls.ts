import type { ReplaySet } from '@portcullis/auth';
import { RecentlyUsed } from '@portcullis/auth/internal';

/** How long a device has to wait between two questions where nobody has told it otherwise (RFC 8628 section 3.5), in milliseconds. */
const INTERVAL_MS = 5_000;
/** The clocks of devices are not the best. */
const TOLERANCE_MS = 500;
const REMEMBERED = 10_000;

/** How often devices ask whether their user has let them in. */
export class DevicePolls {
  /** By device code: when it was asked about. */
  readonly #asked = new RecentlyUsed<number>(REMEMBERED);

  /** @param shared what all instances count by; without it, and while it can not be asked, this one counts alone */
  constructor(
    private readonly now: () => number,
    private readonly shared: ReplaySet | undefined,
  ) {}

  /** Notes a question. @returns whether it came too soon after the one before */
  async isTooSoon(deviceCode: string): Promise<boolean> {
    const isTooSoonHere = this.#isTooSoonHere(deviceCode);
    if (this.shared === undefined || isTooSoonHere) return isTooSoonHere;
    try {
      const isFirst = await this.shared.firstUse(
        `device code ${deviceCode}`,
        (INTERVAL_MS - TOLERANCE_MS) / 1000,
      );
      return !isFirst;
    } catch {
      return isTooSoonHere;
    }
  }

  #isTooSoonHere(deviceCode: string): boolean {
    const [now, before] = [this.now(), this.#asked.get(deviceCode)];
    this.#asked.set(deviceCode, now);
    return before !== undefined && now - before < INTERVAL_MS - TOLERANCE_MS;
  }
}
