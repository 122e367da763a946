import type { components } from "./schema.js";

export type ErrorCode = components["schemas"]["ErrorCode"];
type ErrorBody = components["schemas"]["Error"];

/** An error response of the API. A request without any response is fetch's TypeError. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** For programs; docs/errors.md says what to do about each. */
  readonly code: ErrorCode;
  /** Problems by field, to show beside the fields of a form. */
  readonly errors: Readonly<Record<string, string[]>>;
  /** Key of the row that is there already, if the code is `already_exists`. */
  readonly existing: Readonly<Record<string, string>>;
  /** To quote in a report. */
  readonly requestId: string;
  /** Seconds to wait before the next try, if the server says so. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: unknown) {
    // A proxy may respond without the API's body.
    const known: Partial<ErrorBody> = isErrorBody(body) ? body : {};
    super(known.message ?? `The server responded with status ${response.status}.`);
    this.status = response.status;
    this.code = known.code ?? "error";
    this.errors = known.errors ?? {};
    this.existing = known.existing ?? {};
    this.requestId = known.request_id ?? response.headers.get("X-Request-ID") ?? "";
    const seconds = response.headers.get("Retry-After");
    this.retryAfter = seconds === null ? undefined : Number(seconds);
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === "object" && body !== null && "code" in body && "request_id" in body;
}

/** Return the data of a call, or throw its error. */
export async function unwrap<R extends { data?: unknown; error?: unknown; response: Response }>(
  call: Promise<R>,
): Promise<R extends { error?: never } ? R["data"] : never> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiError(response, error);
  return data as R extends { error?: never } ? R["data"] : never;
}
