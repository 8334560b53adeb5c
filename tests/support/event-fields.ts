/** The fields of an event as the rows of a table: `hosts[].changes[].patch`, its type, what it means. */

import { z } from 'zod';
import { auditEntry } from '#engine/audit/schema.ts';

/** An object that has a table of its own. */
const isEntry = (field: unknown): boolean => field instanceof z.ZodObject && field.shape === auditEntry.shape;

export type FieldRow = [field: string, type: string, means: string];

/** Rows of an object's fields, in order; what is in a list or in another object comes below it. */
export function fieldRows(shape: z.ZodObject['shape'], prefix = ''): FieldRow[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const optional = field instanceof z.ZodOptional;
    const inner = (optional ? field.unwrap() : field) as z.ZodType;
    const path = `${prefix}${name}`;
    const row: FieldRow = [`\`${path}${optional ? '?' : ''}\``, typeOf(inner), inner.description ?? ''];
    return [row, ...below(inner, path)];
  });
}

function below(field: z.ZodType, path: string): FieldRow[] {
  if (isEntry(field) || (field instanceof z.ZodArray && isEntry(field.element))) return [];
  if (field instanceof z.ZodObject) return fieldRows(field.shape, `${path}.`);
  if (field instanceof z.ZodArray && field.element instanceof z.ZodObject)
    return fieldRows(field.element.shape, `${path}[].`);
  return [];
}

function typeOf(field: z.ZodType): string {
  if (isEntry(field)) return '[entry](#the-audit-log)';
  if (field instanceof z.ZodArray && isEntry(field.element)) return 'list of [entries](#the-audit-log)';
  if (field instanceof z.ZodLiteral) return [...field.values].map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (field instanceof z.ZodEnum) return field.options.map((value) => `\`"${value}"\``).join(', ');
  if (field instanceof z.ZodArray) return field.element instanceof z.ZodObject ? 'list' : 'list of strings';
  if (field instanceof z.ZodNumber) return 'number';
  if (field instanceof z.ZodBoolean) return 'boolean';
  if (field instanceof z.ZodObject) return 'object';
  return 'string';
}
