"""The shaders of the OpenGL peer: shadow map, body, samples resolved into pixels."""

from __future__ import annotations

SHADOW_VERTEX = """#version 330
uniform mat3 key_axes; uniform vec3 key_origin; uniform float key_extent;
in vec3 position;
void main() {
    vec3 local = key_axes * (position - key_origin) * 2.0 / key_extent;
    gl_Position = vec4(local.xy, -local.z, 1.0);
}"""

BODY_VERTEX = """uniform vec4 intrinsics; uniform vec2 size; uniform vec2 clip;
uniform vec3 harmonics[9]; uniform vec3 key_direction; uniform vec3 key_colour;
uniform vec3 material;  // roughness, specular, wrap
uniform mat3 key_axes; uniform vec3 key_origin; uniform float key_extent; uniform sampler2DShadow shadow;
in vec3 position; in vec3 normal; in vec2 uv;
out vec3 diffuse; out vec3 gloss; out vec2 texel;

vec3 irradiance(vec3 n) {
    vec3 e = harmonics[0] + harmonics[1] * n.y + harmonics[2] * n.z + harmonics[3] * n.x + harmonics[4] * (n.x * n.y);
    e += harmonics[5] * (n.y * n.z) + harmonics[6] * (3.0 * n.z * n.z - 1.0) + harmonics[7] * (n.x * n.z);
    return max(e + harmonics[8] * (n.x * n.x - n.y * n.y), 0.0);
}

float lit_share(vec3 n) {
    vec3 local = key_axes * (position + 0.02 * n - key_origin) / key_extent + 0.5;
    vec3 at = vec3(local.xy, 1.0 - local.z - 0.03 / key_extent);
    float cell = 1.0 / textureSize(shadow, 0).x, lit = 0.0;
    for (int i = 0; i < 4; i++) lit += texture(shadow, at + vec3(vec2(i & 1, i >> 1) * cell - 0.5 * cell, 0.0));
    return 0.25 * lit;
}

void main() {
    vec2 px = intrinsics.xy * position.xy + intrinsics.zw * position.z;
    float a = (clip.y + clip.x) / (clip.y - clip.x), b = 2.0 * clip.y * clip.x / (clip.y - clip.x);
    gl_Position = vec4(2.0 * px / size - position.z, a * position.z - b, position.z);
    vec3 n = normalize(normal), view = -normalize(position);
    float cosine = dot(n, key_direction), hard = max(cosine, 0.0);
    float soft = max(cosine + material.z, 0.0) / (1.0 + material.z);
    float lit = 1.0;
#ifdef EFFECTS
    lit = lit_share(n);
#endif
    diffuse = irradiance(n) + key_colour * (hard + (soft - hard) * vec3(1.0, 0.45, 0.35)) * lit;
    gloss = vec3(0.0);
#ifdef EFFECTS
    float facing = dot(n, view), shine = 2.0 / (pow(material.x, 4.0) + 1.0e-3);
    float lobe = pow(max(dot(n, normalize(view + key_direction)), 0.0), shine) * (shine + 8.0) * 0.04;
    float fresnel = material.y + (1.0 - material.y) * 0.25 * (1.0 - material.x) * pow(1.0 - clamp(facing, 0.0, 1.0), 5.0);
    gloss = key_colour * (material.y * lobe * lit * hard);
    gloss += irradiance(2.0 * facing * n - view) * (fresnel * (1.0 - 0.6 * material.x));
#endif
    texel = vec2(uv.x, 1.0 - uv.y);
}"""

BODY_FRAGMENT = """#version 330
uniform sampler2D skin;
in vec3 diffuse; in vec3 gloss; in vec2 texel;
out vec4 colour;
void main() { colour = vec4(texture(skin, texel).rgb * diffuse + gloss, 1.0); }"""

SCREEN_VERTEX = """#version 330
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }"""

RESOLVE_FRAGMENT = """#version 330
uniform sampler2D colours; uniform sampler2D depths; uniform vec2 taps[10];
uniform vec2 clip; uniform float focal; uniform float occlusion;
layout(location = 0) out vec4 colour; layout(location = 1) out float depth;

float metres(float d) { return clip.x * clip.y / (clip.y - d * (clip.y - clip.x)); }

float open_share(ivec2 at, float z) {
    float radius = clamp(0.09 * focal / z, 2.0, 48.0), blocked = 0.0;
    for (int i = 0; i < 10; i++) {
        ivec2 there = clamp(at + ivec2(taps[i] * radius), ivec2(0), textureSize(depths, 0) - 1);
        float nearer = z - metres(texelFetch(depths, there, 0).r);
        blocked += clamp((nearer - 0.012) * 14.0, 0.0, 1.0) * clamp(2.0 - nearer * 5.0, 0.0, 1.0);
    }
    return 1.0 - occlusion * min(blocked * 1.4 / 10.0, 0.85);
}

void main() {
    ivec2 at = 2 * ivec2(gl_FragCoord.xy), first = at;
    vec4 sum = vec4(0.0);
    float nearest = 1.0;
    for (int i = 3; i >= 0; i--) {
        ivec2 sample_at = at + ivec2(i & 1, i >> 1);
        float d = texelFetch(depths, sample_at, 0).r;
        if (d < 1.0) first = sample_at;
        nearest = min(nearest, d);
        sum += texelFetch(colours, sample_at, 0);
    }
    if (nearest == 1.0) discard;
    vec3 light = sum.rgb / sum.a * open_share(first, metres(texelFetch(depths, first, 0).r));
    vec3 high = max(light - 0.6, 0.0);
    light += high / (1.0 + 1.6 * high) - high;
    vec3 srgb = mix(12.92 * light, 1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
    colour = 0.25 * sum.a * vec4(srgb, 1.0);
    depth = sum.a >= 2.0 ? metres(nearest) : 0.0;
}"""
