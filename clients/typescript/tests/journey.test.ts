/** The client against a server: ANYWORK_URL, and RESUME, the path of a PDF. Run by anywork/tests/test_client.py. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { openAsBlob } from "node:fs";
import { before, test } from "node:test";
import { AnyWork, ApiError, memoryTokens, unwrap, type Schemas, type TokenStore } from "anywork-client";

const url = process.env["ANYWORK_URL"] ?? "http://127.0.0.1:8000";
const password = "correct-horse-42";

/** The statuses of responses at /api/auth/refresh/. */
const refreshes: number[] = [];
const send = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const response = await send(...request);
  if (response.url.endsWith("/auth/refresh/")) refreshes.push(response.status);
  return response;
};

async function signedUp(role: Schemas["OpenRole"], tokens: TokenStore = memoryTokens()): Promise<AnyWork> {
  const client = new AnyWork(url, tokens);
  const email = `${randomUUID()}@example.com`;
  const body = { email, password, role, first_name: "Ben", company_name: "Lagoon" };
  await unwrap(client.api.POST("/api/auth/register/", { body }));
  const user = await client.login({ email, password });
  assert.deepEqual([user.email, user.role], [email, role]);
  return client;
}

/** The server then rejects the access token as it does one that has expired. */
function expire(tokens: TokenStore): void {
  const kept = tokens.get();
  assert(kept);
  tokens.set({ ...kept, accessToken: "expired" });
  refreshes.length = 0;
}

const titles = Array.from({ length: 5 }, (_, number) => `Glazier ${randomUUID()} ${number}`);
let employer: AnyWork;
let jobs: Schemas["Job"][];

before(async () => {
  employer = await signedUp("employer");
  const name = randomUUID();
  const { category_id } = await unwrap(employer.api.POST("/api/categories/", { body: { name } }));
  const { location_id } = await unwrap(
    employer.api.POST("/api/locations/", { body: { city: name, state: "Ogun", country: "Nigeria" } }),
  );
  const rest = { description: "Glass.", location: location_id, category: category_id, expires_at: "2099-12-12" };
  const post = (title: string) =>
    unwrap(employer.api.POST("/api/jobs/", { body: { ...rest, title, job_type: "full-time" } }));
  jobs = await Promise.all(titles.map(post));
});

test("a job seeker finds a job, applies, and is told of the decision", async () => {
  const seeker = await signedUp("job_seeker");
  const search = titles[0]!;
  const found = await unwrap(seeker.api.GET("/api/jobs/", { params: { query: { search, job_type: ["full-time"] } } }));
  const job = found.results[0];
  assert(job);
  assert.equal(job.title, search);

  const pdf = await openAsBlob(process.env["RESUME"]!);
  const resume = await seeker.uploadResume(pdf);
  const download = await fetch(resume.file_path);
  assert.equal((await download.arrayBuffer()).byteLength, pdf.size);

  const body = { job: job.job_id, resume: resume.resume_id, cover_letter: "I cut glass." };
  const application = await unwrap(seeker.api.POST("/api/applications/", { body }));
  const path = { application_id: application.application_id };
  const received = await unwrap(employer.api.GET("/api/applications/{application_id}/", { params: { path } }));
  assert.equal(received.cover_letter, "I cut glass.");
  await unwrap(
    employer.api.PATCH("/api/applications/{application_id}/", { params: { path }, body: { status: "accepted" } }),
  );

  const { results } = await unwrap(seeker.api.GET("/api/notifications/"));
  assert.match(results[0]?.message ?? "", /was accepted/);
  assert.equal((await unwrap(seeker.api.GET("/api/notifications/unread-count/"))).unread_count, results.length);
});

test("pages of a list follow each other", async () => {
  const seen = [];
  for await (const page of employer.pages("/api/employer/jobs/", { query: { page_size: 2, ordering: ["title"] } })) {
    assert.equal(page.count, 5);
    seen.push(page.results.map((job) => job.job_id));
  }
  assert.deepEqual(seen.map((page) => page.length), [2, 2, 1]);
  assert.deepEqual(new Set(seen.flat()), new Set(jobs.map((job) => job.job_id)));
});

test("an error has types", async () => {
  const seeker = await signedUp("job_seeker");
  const pdf = await openAsBlob(process.env["RESUME"]!);
  const resume = await seeker.uploadResume(pdf);

  await assert.rejects(seeker.uploadResume(pdf), (error) => {
    assert(error instanceof ApiError);
    assert.deepEqual([error.status, error.code], [409, "already_exists"]);
    assert.deepEqual(error.existing, { resume_id: resume.resume_id });
    return true;
  });
  await assert.rejects(seeker.uploadResume(new Blob(["no PDF"])), (error) => {
    assert(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.retryAfter], [400, "validation_error", undefined]);
    assert.deepEqual(error.errors, { file_path: ["This is not a PDF file."] });
    assert.match(error.message, /PDF/);
    assert.match(error.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
});

test("a response that is not the API's is an error, too", async () => {
  const error = new ApiError(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "7" } }), "");
  assert.deepEqual([error.status, error.code, error.retryAfter, error.errors], [502, "error", 7, {}]);
});

test("concurrent calls with an expired access token refresh it once", async () => {
  const seeker = await signedUp("job_seeker");
  const pdf = await openAsBlob(process.env["RESUME"]!);
  expire(seeker.tokens);

  const calls = Array.from({ length: 8 }, () => unwrap(seeker.api.GET("/api/auth/me/")));
  // The body of an upload is sent twice.
  const [resume, ...users] = await Promise.all([seeker.uploadResume(pdf), ...calls]);
  assert.match(resume.checksum, /^[0-9a-f]{64}$/);
  assert.equal(new Set(users.map(({ data }) => data.user.user_id)).size, 1);
  assert.deepEqual(refreshes, [200]);
});

test("two tabs refresh one after the other, and both go on", async () => {
  const tokens = memoryTokens();
  const tabs = [await signedUp("job_seeker", tokens), new AnyWork(url, tokens)];
  for (let round = 0; round < 3; round++) {
    expire(tokens);
    await Promise.all(tabs.map((tab) => unwrap(tab.api.GET("/api/auth/me/"))));
    assert.equal(refreshes.filter((status) => status === 200).length, 1);
  }
});

test("a session that has ended forgets its tokens", async () => {
  const seeker = await signedUp("job_seeker");
  await unwrap(seeker.api.POST("/api/auth/logout-all/"));

  await assert.rejects(unwrap(seeker.api.GET("/api/auth/me/")), { status: 401, code: "token_not_valid" });
  assert.equal(seeker.tokens.get(), null);
});

test("a refresh that the server cannot do now keeps the session", async () => {
  const seeker = await signedUp("job_seeker");
  expire(seeker.tokens);
  const counting = globalThis.fetch;
  globalThis.fetch = async (request, init) =>
    (request as Request).url.endsWith("/auth/refresh/")
      ? new Response("", { status: 503, headers: { "Retry-After": "5" } })
      : counting(request, init);
  await assert.rejects(unwrap(seeker.api.GET("/api/auth/me/")), { status: 503, retryAfter: 5 });
  globalThis.fetch = counting;

  await unwrap(seeker.api.GET("/api/auth/me/"));
});

test("changing the password keeps this session, and logging out ends it", async () => {
  const seeker = await signedUp("job_seeker");
  const before = seeker.tokens.get();
  assert(before);
  await seeker.changePassword({ current_password: password, new_password: "another-horse-43" });
  await unwrap(seeker.api.GET("/api/auth/me/"));
  assert.notDeepEqual(seeker.tokens.get(), before);

  const last = seeker.tokens.get();
  await seeker.logout();
  assert.equal(seeker.tokens.get(), null);
  const stolen = memoryTokens();
  stolen.set(last);
  await assert.rejects(unwrap(new AnyWork(url, stolen).api.GET("/api/auth/me/")), { status: 401 });
});
