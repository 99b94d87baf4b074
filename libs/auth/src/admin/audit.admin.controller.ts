import { Get, Query } from '@nestjs/common';
import type { AuditPage } from '../audit/audit-query.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ListAuditDto } from './audit.dto.js';

@OwnValidation()
export class AuditAdminController {
  constructor(private readonly audit: AuditTrail) {}

  /** The entries that match, newest first. Not found where no audit log is kept. */
  @Get()
  async list(@Query() { type, ...filter }: ListAuditDto): Promise<AuditPage> {
    const page = this.audit.list({ ...filter, ...(type !== undefined && { types: type }) });
    return found(await page.catch(asBadRequest));
  }
}
