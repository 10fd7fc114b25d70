// SPDX-License-Identifier: GPL-2.0-or-later

// Plugins of Docker's, for tests, on the library that such plugins are built on:
//
//	docker-plugin network SOCKET STATE    a bridge for each network, a veth pair for each endpoint
//	docker-plugin ipam SOCKET STATE       addresses
//	docker-plugin parrot SOCKET FILE      answers everything with this file's text, but for the
//	                                      methods that a plugin need not have, which it does not
//	                                      know
//
// What the first two hold stands in the file STATE, after each change. A network that has the option
// routes=yes gets StaticRoutes; one that has fail=METHOD fails there; one that has hang=METHOD makes
// a file /run/hung there, and goes on when there is a file /run/go-on.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/docker/go-plugins-helpers/ipam"
	"github.com/docker/go-plugins-helpers/network"
)

// ---- What both hold

type store struct {
	sync.Mutex
	path string
	Held map[string]string
}

func newStore(path string) *store {
	s := &store{path: path, Held: map[string]string{}}
	s.write()
	return s
}

func (s *store) write() {
	text, _ := json.Marshal(s.Held)
	if err := os.WriteFile(s.path+".new", text, 0600); err != nil {
		panic(err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		panic(err)
	}
}

func (s *store) take(key, value string) error {
	s.Lock()
	defer s.Unlock()
	if _, there := s.Held[key]; there {
		return errors.New(key + " is there already")
	}
	s.Held[key] = value
	s.write()
	return nil
}

func (s *store) give(key string) error {
	s.Lock()
	defer s.Unlock()
	if _, there := s.Held[key]; !there {
		return errors.New("there is no " + key)
	}
	delete(s.Held, key)
	s.write()
	return nil
}

func run(words ...string) error {
	if said, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		return errors.New(strings.TrimSpace(string(said)))
	}
	return nil
}

// Without IPv6, whose addresses would come by and by.
func quiet(link string) {
	os.WriteFile("/proc/sys/net/ipv6/conf/"+link+"/disable_ipv6", []byte("1"), 0)
}

func wait() {
	os.WriteFile("/run/hung", nil, 0600)
	for _, err := os.Stat("/run/go-on"); err != nil; _, err = os.Stat("/run/go-on") {
		time.Sleep(10 * time.Millisecond)
	}
}

// ---- The network driver

type driver struct {
	*store
	options   sync.Map // of networks, by their id
	addresses sync.Map // of endpoints, by their id
	next      int
}

func bridge(id string) string { return "dg" + id[:8] }

// Always the same, of what is the same, so that hosts can be compared.
func (d *driver) outer(id string) string { return "do" + d.name(id) }
func (d *driver) inner(id string) string { return "di" + d.name(id) }
func (d *driver) name(id string) string {
	address, _ := d.addresses.Load(id)
	name, _, _ := strings.Cut(fmt.Sprint(address), "/")
	return name
}

func mac(first byte, address string) string {
	ip, _, _ := net.ParseCIDR(address)
	return net.HardwareAddr(append([]byte{first, 0}, ip[len(ip)-4:]...)).String()
}

func (d *driver) option(id, key string) string {
	options, _ := d.options.Load(id)
	generic, _ := options.(map[string]interface{})
	value, _ := generic[key].(string)
	return value
}

// What the network's options make of this method.
func (d *driver) trouble(id, method string) error {
	if d.option(id, "hang") == method {
		wait()
	}
	if d.option(id, "fail") == method {
		return errors.New("it was told to fail")
	}
	return nil
}

func (d *driver) GetCapabilities() (*network.CapabilitiesResponse, error) {
	return &network.CapabilitiesResponse{Scope: network.LocalScope}, nil
}

func (d *driver) CreateNetwork(r *network.CreateNetworkRequest) error {
	generic, _ := r.Options["com.docker.network.generic"].(map[string]interface{})
	d.options.Store(r.NetworkID, generic)
	if err := d.trouble(r.NetworkID, "CreateNetwork"); err != nil {
		return err
	}
	gateways := ""
	for _, data := range append(r.IPv4Data, r.IPv6Data...) {
		gateways += data.Gateway + " "
	}
	if err := d.take("network "+r.NetworkID, gateways); err != nil {
		return err
	}
	if err := run("ip", "link", "add", bridge(r.NetworkID), "address", "02:00:00:00:60:01", "type", "bridge"); err != nil {
		return err
	}
	if len(r.IPv6Data) == 0 {
		quiet(bridge(r.NetworkID))
	}
	for _, gateway := range strings.Fields(gateways) {
		if err := run("ip", "address", "add", gateway, "dev", bridge(r.NetworkID), "nodad"); err != nil {
			return err
		}
	}
	return run("ip", "link", "set", bridge(r.NetworkID), "up")
}

func (d *driver) DeleteNetwork(r *network.DeleteNetworkRequest) error {
	if err := d.trouble(r.NetworkID, "DeleteNetwork"); err != nil {
		return err
	}
	run("ip", "link", "delete", bridge(r.NetworkID))
	return d.give("network " + r.NetworkID)
}

func (d *driver) CreateEndpoint(r *network.CreateEndpointRequest) (*network.CreateEndpointResponse, error) {
	if err := d.trouble(r.NetworkID, "CreateEndpoint"); err != nil {
		return nil, err
	}
	options, _ := json.Marshal(r.Options)
	if err := d.take("endpoint "+r.EndpointID, string(options)); err != nil {
		return nil, err
	}
	answer := &network.CreateEndpointResponse{Interface: &network.EndpointInterface{}}
	address := r.Interface.Address
	if address == "" {
		d.next++
		address = fmt.Sprintf("10.61.0.%d/24", d.next)
		answer.Interface.Address = address
	}
	d.addresses.Store(r.EndpointID, address)
	if r.Interface.MacAddress == "" {
		answer.Interface.MacAddress = mac(2, address)
	}
	if err := run("ip", "link", "add", d.outer(r.EndpointID), "address", mac(6, address), "type", "veth", "peer", "name", d.inner(r.EndpointID)); err != nil {
		return nil, err
	}
	quiet(d.outer(r.EndpointID))
	return answer, run("ip", "link", "set", d.outer(r.EndpointID), "master", bridge(r.NetworkID), "up")
}

func (d *driver) DeleteEndpoint(r *network.DeleteEndpointRequest) error {
	run("ip", "link", "delete", d.outer(r.EndpointID))
	return d.give("endpoint " + r.EndpointID)
}

func (d *driver) EndpointInfo(*network.InfoRequest) (*network.InfoResponse, error) {
	return &network.InfoResponse{}, nil
}

func (d *driver) Join(r *network.JoinRequest) (*network.JoinResponse, error) {
	if err := d.trouble(r.NetworkID, "Join"); err != nil {
		return nil, err
	}
	if err := d.take("sandbox of "+r.EndpointID, r.SandboxKey); err != nil {
		return nil, err
	}
	d.Lock()
	gateways := strings.Fields(d.Held["network "+r.NetworkID])
	d.Unlock()
	answer := &network.JoinResponse{InterfaceName: network.InterfaceName{SrcName: d.inner(r.EndpointID), DstPrefix: "eth"}}
	for _, gateway := range gateways {
		address, _, _ := net.ParseCIDR(gateway)
		if address.To4() != nil {
			answer.Gateway = address.String()
			if d.option(r.NetworkID, "routes") == "yes" {
				answer.StaticRoutes = []*network.StaticRoute{
					{Destination: "192.0.2.0/24", RouteType: 0, NextHop: address.String()},
					{Destination: "198.51.100.0/24", RouteType: 1}}
			}
		} else {
			answer.GatewayIPv6 = address.String()
		}
	}
	return answer, nil
}

func (d *driver) Leave(r *network.LeaveRequest) error {
	if err := d.trouble(r.NetworkID, "Leave"); err != nil {
		return err
	}
	return d.give("sandbox of " + r.EndpointID)
}

func (d *driver) ProgramExternalConnectivity(r *network.ProgramExternalConnectivityRequest) error {
	if err := d.trouble(r.NetworkID, "ProgramExternalConnectivity"); err != nil {
		return err
	}
	options, _ := json.Marshal(r.Options["com.docker.network.portmap"])
	return d.take("ports of "+r.EndpointID, string(options))
}

func (d *driver) RevokeExternalConnectivity(r *network.RevokeExternalConnectivityRequest) error {
	return d.give("ports of " + r.EndpointID)
}

func (d *driver) AllocateNetwork(*network.AllocateNetworkRequest) (*network.AllocateNetworkResponse, error) {
	return nil, errors.New("nobody asks for this")
}
func (d *driver) FreeNetwork(*network.FreeNetworkRequest) error {
	return errors.New("nobody asks for this")
}
func (d *driver) DiscoverNew(*network.DiscoveryNotification) error    { return nil }
func (d *driver) DiscoverDelete(*network.DiscoveryNotification) error { return nil }

// ---- Who gives addresses

type allocator struct {
	*store
}

func (a *allocator) GetCapabilities() (*ipam.CapabilitiesResponse, error) {
	return &ipam.CapabilitiesResponse{}, nil
}

func (a *allocator) GetDefaultAddressSpaces() (*ipam.AddressSpacesResponse, error) {
	return &ipam.AddressSpacesResponse{LocalDefaultAddressSpace: "here", GlobalDefaultAddressSpace: "everywhere"}, nil
}

// The method whose name stands in the file /run/hang waits so, with what it has given.
func hang(method string) {
	if text, err := os.ReadFile("/run/hang"); err == nil && string(text) == method {
		wait()
	}
}

// A pool's id is its subnet.
func (a *allocator) RequestPool(r *ipam.RequestPoolRequest) (*ipam.RequestPoolResponse, error) {
	defer hang("RequestPool")
	pool := r.Pool
	if pool == "" {
		pool = "10.60.0.0/24"
	}
	options, _ := json.Marshal(r.Options)
	if err := a.take("pool "+pool, r.AddressSpace+" "+string(options)); err != nil {
		return nil, err
	}
	return &ipam.RequestPoolResponse{PoolID: pool, Pool: pool}, nil
}

func (a *allocator) ReleasePool(r *ipam.ReleasePoolRequest) error {
	return a.give("pool " + r.PoolID)
}

func (a *allocator) RequestAddress(r *ipam.RequestAddressRequest) (*ipam.RequestAddressResponse, error) {
	if r.Options["RequestAddressType"] == "" {
		defer hang("RequestAddress")
	}
	first, pool, err := net.ParseCIDR(r.PoolID)
	if err != nil {
		return nil, err
	}
	length, _ := pool.Mask.Size()
	for i := 1; i < 250; i++ {
		address := append(net.IP{}, first...)
		address[len(address)-1] += byte(i)
		if r.Address != "" {
			address = net.ParseIP(r.Address)
		}
		err = a.take("address "+address.String(), r.Options["RequestAddressType"])
		if err == nil {
			return &ipam.RequestAddressResponse{Address: fmt.Sprintf("%s/%d", address, length)}, nil
		}
		if r.Address != "" {
			return nil, err
		}
	}
	return nil, errors.New("the pool is empty")
}

func (a *allocator) ReleaseAddress(r *ipam.ReleaseAddressRequest) error {
	return a.give("address " + r.Address)
}

// ---- One that says what it is told

func parrot(socket, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "ExternalConnectivity") {
			http.NotFound(w, r)
			return
		}
		w.Write(text)
	}))
}

func main() {
	kind, socket, last := os.Args[1], os.Args[2], os.Args[3]
	os.Remove(socket)
	switch kind {
	case "network":
		panic(network.NewHandler(&driver{store: newStore(last)}).ServeUnix(socket, 0))
	case "ipam":
		panic(ipam.NewHandler(&allocator{newStore(last)}).ServeUnix(socket, 0))
	default:
		panic(parrot(socket, last))
	}
}
