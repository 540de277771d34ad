# SPDX-License-Identifier: BSD-2-Clause
# The shop of grpc_shop.py, asked in Ruby. What it did is appended to $ledger, as ledger.py does.
#
#     grpc_shop.rb PORT
require "grpc"
require "json"

port = ARGV[0]
service = "shop.v1.Orders"
rows = []
did = lambda do |method, requests, responses, **row|
	rows << {service: service, method: method, code: 0, status: "OK", requests: requests,
		 responses: responses, req_messages: requests.size,
		 resp_messages: responses.size, **row}
end
# message Order { int64 id = 1; string name = 2; }
order = ->(n) { "\x08".b + n.chr.b }
same = ->(bytes) { bytes }
stub = GRPC::ClientStub.new("127.0.0.1:#{port}", :this_channel_is_insecure)

(1..20).each do |n|
	answer = stub.request_response("/#{service}/Get", order.(n), same, same, metadata: {"tenant" => "red"})
	raise unless answer.b.start_with?(order.(n))
	did.("Get", [{"1" => n}], [{"1" => n, "2" => "open"}])
end
got = stub.server_streamer("/#{service}/List", order.(9), same, same).to_a
did.("List", [{"1" => 9}], (1..got.size).map { |n| {"1" => n, "2" => "listed"} })
stub.client_streamer("/#{service}/Upload", (1..5).map(&order), same, same)
did.("Upload", (1..5).map { |n| {"1" => n} }, [{"1" => 5}])
heard = stub.bidi_streamer("/#{service}/Chat", (1..6).map(&order), same, same).to_a
did.("Chat", (1..6).map { |n| {"1" => n} }, (1..heard.size).map { |n| {"1" => n, "2" => "heard"} })
begin
	stub.request_response("/#{service}/Fail", order.(4), same, same)
rescue GRPC::BadStatus => error
	did.("Fail", [{"1" => 4}], [], code: error.code, status: "NOT_FOUND",
				       message: error.details.dup.force_encoding("UTF-8"), outcome: "error")
end
File.write(ENV["ledger"], JSON.generate({port: nil, who: "Ruby", rows: rows}) + "\n", mode: "a")
