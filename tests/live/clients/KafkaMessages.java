// SPDX-License-Identifier: BSD-2-Clause
// Every request and response of Kafka in every version, as its Java client encodes it: once with a
// value in each field, once as it is by default. A line of JSON for each: api, version, both frames in
// hexadecimal, and what Kafka's own converter says is in them.
//
//     java KafkaMessages.java
import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.protocol.types.*;

public class KafkaMessages {
	static int count;

	static Object value(Type type, java.lang.reflect.Type java) throws Exception {
		int n = ++count % 100 + 1;

		if (type.isArray())
			return array(type.arrayElementType().get(), java);
		if (type instanceof Schema)
			return filled((Class<?>) java, (Schema) type);
		Class<?> c = (Class<?>) java;
		if (c == byte.class) return (byte) n;
		if (c == short.class) return (short) n;
		if (c == int.class) return n;
		if (c == long.class) return (1L << 33) + n;
		if (c == double.class) return n + 0.5;
		if (c == boolean.class) return true;
		if (c == String.class) return "text-" + n;
		if (c == byte[].class) return ("bytes " + n + "!").getBytes();
		if (c == ByteBuffer.class) return ByteBuffer.wrap(("bytes " + n + "!").getBytes());
		if (c == Uuid.class) return new Uuid(0x4000 + n, -n);
		return org.apache.kafka.common.record.MemoryRecords.EMPTY;
	}

	@SuppressWarnings({"unchecked", "rawtypes"})
	static Object array(Type element, java.lang.reflect.Type java) throws Exception {
		Collection list;
		java.lang.reflect.Type of;

		if (java instanceof ParameterizedType) {
			of = ((ParameterizedType) java).getActualTypeArguments()[0];
			list = new ArrayList<>();
		} else {
			// A collection of a class of its own.
			list = (Collection) ((Class<?>) java).getDeclaredConstructor().newInstance();
			of = ((ParameterizedType) ((Class<?>) java).getGenericSuperclass()).getActualTypeArguments()[0];
		}
		if (of == Byte.class) of = byte.class;
		if (of == Short.class) of = short.class;
		if (of == Integer.class) of = int.class;
		if (of == Long.class) of = long.class;
		for (int i = 0; i < 2; i++)
			list.add(value(element, of));
		return list;
	}

	static void fill(Object o, Field field) throws Exception {
		StringBuilder name = new StringBuilder("set");
		for (String part : field.name.split("_"))
			name.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
		for (Method m : o.getClass().getMethods()) {
			if (!m.getName().equalsIgnoreCase(name.toString()) || m.getParameterCount() != 1)
				continue;
			m.invoke(o, value(field.type, m.getGenericParameterTypes()[0]));
			return;
		}
		throw new IllegalStateException(o.getClass() + " has no " + name);
	}

	// Not every release has a method for it.
	static Collection<?> tagged(TaggedFields fields) throws Exception {
		java.lang.reflect.Field inside = TaggedFields.class.getDeclaredField("fields");
		inside.setAccessible(true);
		return ((Map<?, ?>) inside.get(fields)).values();
	}

	static Object filled(Class<?> of, Schema schema) throws Exception {
		Object o = of.getDeclaredConstructor().newInstance();
		for (BoundField bound : schema.fields()) {
			if (bound.def.type instanceof TaggedFields) {
				for (Object tagged : tagged((TaggedFields) bound.def.type))
					fill(o, (Field) tagged);
			} else {
				fill(o, bound.def);
			}
		}
		return o;
	}

	static JsonNode json(Object data, short version) throws Exception {
		Class<?> converter = Class.forName(data.getClass().getName() + "JsonConverter");
		return (JsonNode) converter.getMethod("write", data.getClass(), short.class).invoke(null, data, version);
	}

	static String frame(ApiMessage header, short headerVersion, ApiMessage body, short version) {
		ObjectSerializationCache cache = new ObjectSerializationCache();
		int size = header.size(cache, headerVersion) + body.size(cache, version);
		ByteBuffer out = ByteBuffer.allocate(4 + size);
		out.putInt(size);
		ByteBufferAccessor accessor = new ByteBufferAccessor(out);
		header.write(accessor, cache, headerVersion);
		body.write(accessor, cache, version);
		return HexFormat.of().formatHex(out.array());
	}

	static void print(ApiMessageType api, short version, ApiMessage request, ApiMessage response) throws Exception {
		ObjectNode line = JsonNodeFactory.instance.objectNode();
		short headers = api.requestHeaderVersion(version);
		RequestHeaderData asks = new RequestHeaderData().setRequestApiKey(api.apiKey()).setRequestApiVersion(version)
			.setCorrelationId(7);
		if (headers > 0)
			asks.setClientId("every");
		line.put("api", api.name).put("version", version);
		line.set("request", json(request, version));
		line.set("response", json(response, version));
		line.put("asks", frame(asks, headers, request, version));
		line.put("answers", frame(new ResponseHeaderData().setCorrelationId(7), api.responseHeaderVersion(version), response, version));
		System.out.println(line);
	}

	public static void main(String[] arguments) throws Exception {
		for (ApiMessageType api : ApiMessageType.values()) {
			for (short v = api.lowestSupportedVersion(); v <= api.highestSupportedVersion(true); v++) {
				ApiMessage request = api.newRequest(), response = api.newResponse();
				print(api, v, (ApiMessage) filled(request.getClass(), api.requestSchemas()[v]),
					(ApiMessage) filled(response.getClass(), api.responseSchemas()[v]));
				print(api, v, request, response);
			}
		}
	}
}
