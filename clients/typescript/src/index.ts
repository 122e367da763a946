/** Typed client of the AnyWork API. */
import createClient, { type Client, type ClientPathsWithMethod, type MethodResponse } from "openapi-fetch";
import { unwrap } from "./errors.js";
import type { components, paths } from "./schema.js";
import { localTokens, Session, type TokenStore } from "./session.js";

export { ApiError, unwrap, type ErrorCode } from "./errors.js";
export { localTokens, memoryTokens, type Tokens, type TokenStore } from "./session.js";
export type { components, paths } from "./schema.js";

/** The types of bodies: `Schemas["Job"]`. */
export type Schemas = components["schemas"];

type GetPath = ClientPathsWithMethod<Client<paths>, "get">;
type Data<P extends GetPath> = MethodResponse<Client<paths>, "get", P>;
type Page = { count: number; next?: string | null; results: unknown[] };
/** A path whose GET returns a list. */
export type ListPath = { [P in GetPath]: Data<P> extends Page ? P : never }[GetPath];
type ListParams<P extends ListPath> = paths[P]["get"]["parameters"];
type GetPage = (
  path: ListPath,
  init: object,
) => Promise<{ data: Page; error?: never; response: Response } | { data?: never; error: unknown; response: Response }>;

export class AnyWork {
  /** Every operation, by method and path. */
  readonly api: Client<paths>;
  readonly tokens: TokenStore;

  constructor(baseUrl: string, tokens: TokenStore = localTokens()) {
    this.tokens = tokens;
    this.api = createClient<paths>({ baseUrl, fetch: new Session(baseUrl, tokens).fetch });
  }

  async login(body: Schemas["LoginRequest"]): Promise<Schemas["User"]> {
    return this.#keep(await unwrap(this.api.POST("/api/auth/login/", { body }))).user;
  }

  async loginWithGoogle(body: Schemas["GoogleLoginRequest"]): Promise<Schemas["User"]> {
    return this.#keep(await unwrap(this.api.POST("/api/auth/google/", { body }))).user;
  }

  /** Change the password, which ends all other sessions. */
  async changePassword(body: Schemas["PasswordChangeRequest"]): Promise<void> {
    this.#keep(await unwrap(this.api.POST("/api/auth/password/change/", { body })));
  }

  /** Log out of this session; the tokens are forgotten in any case. */
  async logout(): Promise<void> {
    const refreshToken = this.tokens.get()?.refreshToken;
    this.tokens.set(null);
    if (refreshToken) await this.api.POST("/api/auth/logout/", { body: { refreshToken } });
  }

  /** Upload a PDF; that it is there already (409 `already_exists`) is an error, which names it in `existing`. */
  async uploadResume(pdf: Blob, name = "resume.pdf"): Promise<Schemas["Resume"]> {
    const form = new FormData();
    form.set("file_path", pdf, name);
    // OpenAPI has no type for files.
    const body = form as unknown as Schemas["ResumeUploadRequest"];
    return unwrap(this.api.POST("/api/resumes/", { body }));
  }

  /** The pages of a list, each requested when the loop comes to it. */
  async *pages<P extends ListPath>(
    path: P,
    ...[params]: ListParams<P> extends { path: object } ? [ListParams<P>] : [ListParams<P>?]
  ): AsyncGenerator<Data<P>, void> {
    const get = this.api.GET as GetPage;
    for (let page = params?.query?.page ?? 1; ; page++) {
      const data = await unwrap(get(path, { params: { ...params, query: { ...params?.query, page } } }));
      yield data as Data<P>;
      if (!data.next) return;
    }
  }

  #keep<D extends { accessToken: string; refreshToken: string }>({ data }: { data: D }): D {
    const { accessToken, refreshToken } = data;
    this.tokens.set({ accessToken, refreshToken });
    return data;
  }
}
