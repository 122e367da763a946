import createClient from "openapi-fetch";
import { ApiError } from "./errors.js";
import type { paths } from "./schema.js";

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Where tokens are kept. It is read before every request, because another tab may have changed them. */
export interface TokenStore {
  get(): Tokens | null;
  set(tokens: Tokens | null): void;
}

/** Tokens in localStorage: all tabs share them, and they outlive the browser. */
export function localTokens(key = "anywork"): TokenStore {
  return {
    get: () => JSON.parse(localStorage.getItem(key) ?? "null") as Tokens | null,
    set: (tokens) => (tokens ? localStorage.setItem(key, JSON.stringify(tokens)) : localStorage.removeItem(key)),
  };
}

/** Tokens that end with the page, or with the process. */
export function memoryTokens(): TokenStore {
  let kept: Tokens | null = null;
  return { get: () => kept, set: (tokens) => void (kept = tokens) };
}

/** Sends requests with the access token, and refreshes it when the server does not accept it. */
export class Session {
  readonly #baseUrl: string;
  readonly #tokens: TokenStore;
  #refreshing: Promise<Tokens | null> | undefined;

  constructor(baseUrl: string, tokens: TokenStore) {
    this.#baseUrl = baseUrl;
    this.#tokens = tokens;
  }

  /** Send a request; if the access token has expired, refresh it and send the request once more. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const tokens = this.#tokens.get();
    if (!tokens) return fetch(request);
    const again = request.clone();
    const response = await fetch(authorized(request, tokens));
    if (response.status !== 401 || !(await isRejected(response))) return response;
    const fresh = await this.#refresh(tokens);
    return fresh ? fetch(authorized(again, fresh)) : response;
  };

  /** Concurrent calls wait for one refresh; so do other tabs, where the browser has Web Locks. */
  #refresh(rejected: Tokens): Promise<Tokens | null> {
    this.#refreshing ??= this.#rotateAlone(rejected).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  #rotateAlone(rejected: Tokens): Promise<Tokens | null> {
    // Only pages of a secure context (https, localhost) have them.
    const locks = globalThis.navigator?.locks as LockManager | undefined;
    if (!locks) return this.#rotate(rejected);
    return new Promise((resolve, reject) => {
      void locks.request(`anywork ${this.#baseUrl}`, async () => {
        await this.#rotate(rejected).then(resolve, reject);
        // Other tabs see a change of localStorage some milliseconds late: the next one waits for it.
        await pause();
      });
    });
  }

  async #rotate(rejected: Tokens): Promise<Tokens | null> {
    const before = this.#tokens.get();
    if (!before || before.accessToken !== rejected.accessToken) return before;
    const { refreshToken } = before;
    const { data, error, response } = await createClient<paths>({ baseUrl: this.#baseUrl }).POST("/api/auth/refresh/", {
      body: { refreshToken },
    });
    if (!data && response.status !== 401) throw new ApiError(response, error);
    const isUnchanged = () => this.#tokens.get()?.refreshToken === refreshToken;
    if (error?.code === "refresh_token_used") {
      // By a tab without Web Locks, which is about to store the new pair.
      for (let tries = 0; tries < 20 && isUnchanged(); tries++) await pause();
    }
    // Unless the user logged in or out meanwhile.
    if (isUnchanged()) this.#tokens.set(data ? data.data : null);
    return this.#tokens.get();
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 100));
}

function authorized(request: Request, { accessToken }: Tokens): Request {
  request.headers.set("Authorization", `Bearer ${accessToken}`);
  return request;
}

async function isRejected(response: Response): Promise<boolean> {
  const body = (await response.clone().json().catch(() => null)) as { code?: string } | null;
  return body?.code === "token_not_valid" || body?.code === "not_authenticated";
}
