import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';

export class CreateParcelDto {
  @ApiProperty({ example: 'Ada Lovelace' })
  @IsString()
  @Length(1, 100)
  readonly recipient!: string;

  @ApiProperty({ example: '12 St James Square, London' })
  @IsString()
  @Length(1, 200)
  readonly destination!: string;

  @ApiProperty({ example: 1200 })
  @IsInt()
  @Min(1)
  @Max(30_000)
  readonly weightGrams!: number;
}

export class ScanParcelDto {
  @ApiProperty({ example: 'Depot North, gate 3' })
  @IsString()
  @Length(1, 100)
  readonly place!: string;
}
