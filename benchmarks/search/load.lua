-- Script for wrk: requests the paths of a file in turn, and prints the figures as JSON.
-- Arguments: the file of paths; a number that each request increments, so that no URL is repeated, or "same"; a
-- token or ""; a file to post or "".

local paths, number, is_fresh = {}, 0, false

function init(arguments)
    for path in io.lines(arguments[1]) do
        paths[#paths + 1] = path
    end
    is_fresh = arguments[2] ~= "same"
    number = tonumber(arguments[2]) or 0
    if arguments[3] ~= "" then
        wrk.headers["Authorization"] = "Bearer " .. arguments[3]
    end
    if arguments[4] ~= "" then
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        wrk.body = io.open(arguments[4]):read("*a")
    end
end

function request()
    number = number + 1
    local path = paths[number % #paths + 1]
    if is_fresh then
        path = path .. (path:find("?", 1, true) and "&" or "?") .. string.format("fresh=%.0f", number)
    end
    return wrk.format(nil, path)
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p95": %f, "p99": %f}\n',
        summary.requests, summary.duration / 1e6,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3
    ))
end
